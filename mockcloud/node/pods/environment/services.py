"""The variables that tell of Services, as pkg/kubelet/envvars makes them. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

Object = Mapping[str, Any]
MASTER: Final = ("default", "kubernetes")
NO_ADDRESS: Final = ("", "None")


@dataclass(frozen=True, slots=True)
class LinkedPort:
    """One port of a Service; protocol TCP, UDP or SCTP."""

    port: int
    protocol: str = "TCP"
    name: str = ""


@dataclass(frozen=True, slots=True)
class LinkedService:
    """A Service that has a ClusterIP."""

    name: str
    cluster_ip: str
    ports: tuple[LinkedPort, ...]


def visible(services: Iterable[Object], namespace: str, *, links: bool) -> list[LinkedService]:
    """Those that a pod is told of: `kubernetes` of default and, with `links`, its own namespace's."""
    found: dict[str, Object] = {}
    for service in services:
        meta, spec = service["metadata"], service.get("spec") or {}
        key = (meta["namespace"], meta["name"])
        if (spec.get("clusterIP") or "") in NO_ADDRESS or spec.get("type") == "ExternalName":
            continue
        if links and key[0] == namespace:
            found[key[1]] = service
        elif key == MASTER:
            found.setdefault(key[1], service)
    return [_linked(found[name]) for name in sorted(found)]


def service_variables(services: Iterable[LinkedService]) -> dict[str, str]:
    """NAME_SERVICE_HOST, NAME_SERVICE_PORT..., and what Docker's links had."""
    found: dict[str, str] = {}
    for service in services:
        prefix = variable_name(service.name)
        found[f"{prefix}_SERVICE_HOST"] = service.cluster_ip
        found[f"{prefix}_SERVICE_PORT"] = str(service.ports[0].port)
        for port in service.ports:
            if port.name:
                found[f"{prefix}_SERVICE_PORT_{variable_name(port.name)}"] = str(port.port)
        for index, port in enumerate(service.ports):
            found.update(_link(prefix, service.cluster_ip, port, first=index == 0))
    return found


def variable_name(name: str) -> str:
    """`my-api` -> `MY_API`."""
    return name.replace("-", "_").upper()


def _link(prefix: str, ip: str, port: LinkedPort, *, first: bool) -> dict[str, str]:
    protocol = port.protocol or "TCP"
    host = f"[{ip}]" if ":" in ip else ip
    url = f"{protocol.lower()}://{host}:{port.port}"
    stem = f"{prefix}_PORT_{port.port}_{protocol.upper()}"
    return {
        **({f"{prefix}_PORT": url} if first else {}),
        stem: url,
        f"{stem}_PROTO": protocol.lower(),
        f"{stem}_PORT": str(port.port),
        f"{stem}_ADDR": ip,
    }


def _linked(service: Object) -> LinkedService:
    spec = service["spec"]
    ports = tuple(
        LinkedPort(port["port"], port.get("protocol") or "TCP", port.get("name") or "")
        for port in spec.get("ports") or []
    )
    return LinkedService(service["metadata"]["name"], spec["clusterIP"], ports)
