"""Which part of a file is the configuration: that of a ConfigMap's manifest, or all of it.

Every other file gets one message: what it is, what was expected, and what to do.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from baremetal_lb.decide.pools import text as yaml_text
from baremetal_lb.decide.pools.parse import parse_config
from baremetal_lb.decide.suggestions import nearest
from baremetal_lb.model.api_names import (
    METALLB,
)
from baremetal_lb.model.errors import ConfigFault, ConfigRejected

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import NoReturn

    from baremetal_lb.decide.pools.overlaps import Claimed
    from baremetal_lb.model.objects import ObjectKey
    from baremetal_lb.model.pools import PoolConfig

EXPECTED: Final = (
    "expected a ConfigMap with the key data.config, or a configuration that begins with address-pools:"
)
CONFIG: Final = "data.config"
TEMPLATE: Final = re.compile(r"\{\{.*?\}\}")
KINDS: Final = ("ConfigMap", "IPAddressPool", "L2Advertisement", "BGPAdvertisement", "BGPPeer", "AddressPool")
MIGRATE: Final = "These are MetalLB's; baremetal-lb migrate FILE -o configmap says the same in our words"


@dataclass(frozen=True, slots=True)
class Found:
    """A configuration's text, and what is to be said of where it stood."""

    text: str
    warnings: tuple[str, ...] = ()
    path: str = ""  # of the text in the file; empty where it is all of it

    def parsed(self, claimed: Sequence[Claimed] = ()) -> PoolConfig:
        """What it says; ConfigRejected, whose lines are said to be those of `data.config`."""
        try:
            return parse_config(self.text, claimed)
        except ConfigRejected as exc:
            faults = (each if each.path else replace(each, path=self.path) for each in exc.faults)
            raise ConfigRejected(tuple(faults)) from exc


def find_config(text: str, wanted: ObjectKey) -> Found:
    """The configuration in a file's text; `wanted` is the ConfigMap that the controller reads.

    ConfigRejected where there is none, or more than one to choose from.
    """
    refuse_template(text)
    documents = [each for document in yaml_text.load_all(text) for each in items(document)]
    if not documents:
        _refuse(f"the file is empty; {EXPECTED}")
    objects = [each for each in documents if isinstance(each, dict) and isinstance(each.get("kind"), str)]
    if not objects:
        return Found(text)  # whatever it is, its own parser says what is wrong with it
    maps = [each for each in objects if each["kind"] == "ConfigMap"]
    if not maps:
        _refuse(_of_other_kinds(objects))
    return _of_maps(maps, wanted)


def _of_maps(maps: Sequence[Mapping[str, Any]], wanted: ObjectKey) -> Found:
    with_config = [each for each in maps if "config" in _data(each)] or maps[:1]
    ours = [each for each in with_config if _names(each, wanted)]
    chosen = ours if len(ours) == 1 else with_config
    if len(chosen) > 1:
        names = ", ".join(_name(each) for each in chosen)
        text = f"{len(chosen)} ConfigMaps have data.config: {names}; choose by --namespace and --config-map"
        _refuse(text)
    return Found(_config(chosen[0]), tuple(_not_read(chosen[0], wanted)), CONFIG)


def _config(manifest: Mapping[str, Any]) -> str:
    data = _data(manifest)
    value = data.get("config")
    if isinstance(value, str):
        return value
    if value is not None:
        text = f"is a {'mapping' if isinstance(value, dict) else 'list'}; expected a text: write 'config: |'"
        raise ConfigRejected((ConfigFault(CONFIG, text),))
    others = f"; ConfigMap {_name(manifest)} has {', '.join(map(repr, data))}" if data else ""
    raise ConfigRejected((ConfigFault(CONFIG, f"is required, as a text{others}"),))


def _not_read(manifest: Mapping[str, Any], wanted: ObjectKey) -> Iterator[str]:
    """A ConfigMap of another name is checked all the same, but the controller would not see it."""
    if not _names(manifest, wanted):
        yield (
            f"the controller reads ConfigMap {wanted}, and this is {_name(manifest)}: "
            "rename it, or start controller and speakers with --namespace and --config-map"
        )


def _names(manifest: Mapping[str, Any], wanted: ObjectKey) -> bool:
    metadata = manifest.get("metadata")
    known = metadata if isinstance(metadata, dict) else {}
    return known.get("name") == wanted.name and known.get("namespace") in (None, wanted.namespace)


def _of_other_kinds(objects: Sequence[Mapping[str, Any]]) -> str:
    kinds = list(dict.fromkeys(str(each["kind"])[:60] for each in objects))
    text = f"the file has {', '.join(map(repr, kinds))}; {EXPECTED}"
    for each in objects:
        if str(each.get("apiVersion", "")).startswith(METALLB):
            return f"{text}. {MIGRATE}"
    meant = next((found for kind in kinds if (found := nearest(kind, KINDS)) == "ConfigMap"), None)
    return f"{text}; did you mean {meant!r}?" if meant else text


def refuse_template(text: str, command: str = "check-config") -> None:
    """ConfigRejected where a text is a Helm template; `command` is what was to read it."""
    found = TEMPLATE.search(text)
    if found:
        line = text.count("\n", 0, found.start()) + 1
        what = f"is a Helm template; expected YAML: helm template CHART | baremetal-lb {command} -"
        _refuse(f"line {line}: {found[0][:60]!r} {what}")


def items(document: object) -> Iterator[object]:
    """The objects of a document: itself, or those of a List."""
    if (
        isinstance(document, dict)
        and str(document.get("kind")).endswith("List")
        and isinstance(document.get("items"), list)
    ):
        yield from document["items"]
    elif document is not None:
        yield document


def _data(manifest: Mapping[str, Any]) -> Mapping[str, Any]:
    data = manifest.get("data")
    return data if isinstance(data, dict) else {}


def _name(manifest: Mapping[str, Any]) -> str:
    metadata = manifest.get("metadata")
    known = metadata if isinstance(metadata, dict) else {}
    name = str(known.get("name", "without a name"))
    return f"{known['namespace']}/{name}" if known.get("namespace") else name


def _refuse(message: str) -> NoReturn:
    raise ConfigRejected((ConfigFault("", message),))
