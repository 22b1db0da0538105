"""The chart's objects for `kubectl apply -f`: without Helm's own labels, with the namespace. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping

# A manifest for everybody has no key in it: the controller makes one.
ARGUMENTS: Final = ("--skip-tests", "--set", "speaker.memberlist.createKey=false")
HEAD: Final = """\
# baremetal-lb for `kubectl apply -f`. Made from charts/baremetal-lb by `make manifest`; change it there.
# Then give it addresses: docs/install.md.
"""
_HELMS_OWN: Final = ("helm.sh/chart", "app.kubernetes.io/managed-by")
_LEVEL: Final = "privileged"  # speakers are in the host's network


def objects(rendered: str) -> list[dict[str, Any]]:
    """What `helm template` printed, as objects."""
    return [each for each in yaml.safe_load_all(rendered) if each]


def manifest(rendered: str, namespace: str) -> str:
    """The file, of what `helm template` printed for that namespace."""
    plain = [_namespace(namespace), *map(_without_helm, objects(rendered))]
    return HEAD + "".join(f"---\n{yaml.dump(each, Dumper=_Dumper, sort_keys=False)}" for each in plain)


def _namespace(name: str) -> dict[str, Any]:
    modes = ("enforce", "audit", "warn")
    labels = {f"pod-security.kubernetes.io/{mode}": _LEVEL for mode in modes}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}


def _without_helm(found: Mapping[str, Any]) -> dict[str, Any]:
    metadata = found["metadata"]
    labels = {key: value for key, value in metadata["labels"].items() if key not in _HELMS_OWN}
    return {**found, "metadata": {**metadata, "labels": labels}}


class _Dumper(yaml.SafeDumper):
    """Lists are indented, as people write them; nothing is an alias of something else."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, indentless=False)

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ANN401
        return True
