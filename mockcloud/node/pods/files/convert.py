"""spec.volumes, and what a pod says of names -> values. ValueError where a volume has no meaning here."""

import re
from collections.abc import Mapping
from typing import Any, Final

from mockcloud.node.pods.files.hosts import HostAlias
from mockcloud.node.pods.files.resolv_conf import DnsPolicy, PodDns, ResolvConf
from mockcloud.node.pods.files.sources import (
    DEFAULT_MODE,
    TOKEN_SECONDS,
    Claim,
    Content,
    Downward,
    EmptyDir,
    Files,
    HostPath,
    Item,
    Keys,
    Kind,
    Source,
    Token,
    Unsupported,
    Volume,
)

Object = Mapping[str, Any]
NAME: Final = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")  # RFC 1123; it becomes a folder's


def volume(obj: Object) -> Volume:
    """One entry of spec.volumes."""
    name = obj["name"]
    if not NAME.fullmatch(name):
        msg = f"volume {name!r}: expected a DNS label as its name"
        raise ValueError(msg)
    kinds = [key for key in obj if key != "name"]
    kind = kinds[0] if kinds else "emptyDir"  # the API's default
    source = obj.get(kind) or {}
    match kind:
        case "configMap" | "secret" | "downwardAPI":
            content: Content = Files(_projected(kind, source), _mode(source))
        case "projected":
            entries = [pair for entry in source.get("sources") or [] for pair in entry.items()]
            content = Files(tuple(one for pair in entries for one in _projected(*pair)), _mode(source))
        case "emptyDir":
            memory = str(source.get("medium") or "").startswith("Memory")
            content = EmptyDir(memory, str(source.get("sizeLimit") or ""))
        case "persistentVolumeClaim":
            content = Claim(source["claimName"], bool(source.get("readOnly")))
        case "hostPath":
            content = HostPath(source["path"], source.get("type") or "")
        case _:
            content = Unsupported(kind)
    return Volume(name, content)


def pod_dns(spec: Object) -> PodDns:
    """spec.dnsPolicy and spec.dnsConfig."""
    config = spec.get("dnsConfig") or {}
    options = tuple((one["name"], one.get("value")) for one in config.get("options") or [])
    wanted = ResolvConf(tuple(config.get("nameservers") or ()), tuple(config.get("searches") or ()), options)
    policy = DnsPolicy(spec.get("dnsPolicy") or DnsPolicy.CLUSTER_FIRST)
    return PodDns(policy, wanted, bool(spec.get("hostNetwork")))


def host_aliases(spec: Object) -> tuple[HostAlias, ...]:
    """spec.hostAliases."""
    return tuple(
        HostAlias(one["ip"], tuple(one.get("hostnames") or ())) for one in spec.get("hostAliases") or []
    )


def _mode(source: Object) -> int:
    return source.get("defaultMode") or DEFAULT_MODE


def _projected(kind: str, source: Object) -> tuple[Source, ...]:
    match kind:
        case "configMap" | "secret":
            return (_source(kind, source),)
        case "downwardAPI":
            return _downward(source)
        case "serviceAccountToken":
            return (_token(source),)
    msg = f"a projected volume's {kind} is not supported by this node agent"
    raise ValueError(msg)


def _source(kind: str, source: Object) -> Keys:
    name = source.get("secretName") if "secretName" in source else source.get("name")
    return Keys(
        kind=Kind.SECRET if kind == "secret" else Kind.CONFIG_MAP,
        name=name or "",
        items=tuple(Item(one["key"], one["path"], one.get("mode")) for one in source.get("items") or []),
        optional=bool(source.get("optional")),
    )


def _token(source: Object) -> Token:
    seconds = source.get("expirationSeconds") or TOKEN_SECONDS
    return Token(source["path"], source.get("audience") or "", seconds)


def _downward(source: Object) -> tuple[Downward, ...]:
    return tuple(_downward_item(one) for one in source.get("items") or [])


def _downward_item(item: Object) -> Downward:
    if field := item.get("fieldRef"):
        return Downward(field["fieldPath"], item["path"], item.get("mode"))
    resource = item["resourceFieldRef"]
    return Downward(
        resource["resource"],
        item["path"],
        item.get("mode"),
        resource.get("containerName") or "",
        str(resource.get("divisor") or "0"),
    )
