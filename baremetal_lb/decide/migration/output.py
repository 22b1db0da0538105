"""A configuration as Helm values or as a ConfigMap, with what is to be known of it as comments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterable

    from baremetal_lb.decide.migration.source import Source
    from baremetal_lb.model.objects import ObjectKey

WIDTH = 1000  # no entry is broken into lines


def config_text(source: Source) -> str:
    """What the key `config` of our ConfigMap is to say."""
    return _dump(source.config)


def values(source: Source, load_balancer_class: str) -> str:
    """For `helm install -f`: `addressPools`, or `configInline` where there is more than pools."""
    only_pools = source.config.keys() == {"address-pools"}
    found: dict[str, Any] = (
        {"addressPools": source.config["address-pools"]}
        if only_pools
        else {"configInline": dict(source.config)}
    )
    if load_balancer_class:
        found["loadBalancerClass"] = load_balancer_class
    return _comments(source.notes) + _dump(found)


def config_map(source: Source, key: ObjectKey) -> str:
    """For `kubectl apply -f`."""
    metadata = {"name": key.name, "namespace": key.namespace}
    head = _dump({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata})
    text = "".join(f"    {line}\n" for line in config_text(source).splitlines())
    return f"{_comments(source.notes)}{head}data:\n  config: |\n{text}"


def _comments(notes: Iterable[str]) -> str:
    return "".join(f"# {note}\n" for note in notes)


def _dump(value: object) -> str:
    text: str = yaml.safe_dump(
        _exact(value), sort_keys=False, width=WIDTH, allow_unicode=True, default_flow_style=False
    )
    return text


def _exact(value: Any) -> Any:  # noqa: ANN401 - whatever YAML can say
    """Without kinds of text of our own, which YAML would not know how to write."""
    if isinstance(value, dict):
        return {str(key): _exact(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_exact(each) for each in value]
    return str(value) if isinstance(value, str) else value
