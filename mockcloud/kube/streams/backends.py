"""A proxy's name in a URL -> the server behind it, in the words of Kubernetes' own registry. Pure.

`[SCHEME:]NAME[:PORT]` below pods, services and nodes (k8s.io/apimachinery's SplitSchemeNamePort).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from mockcloud.cluster_defaults import KUBELET_PORT
from mockcloud.kube.decimals import is_decimal
from mockcloud.kube.decimals import port as port_of
from mockcloud.kube.json_types import JsonObject, object_at, objects_at
from mockcloud.kube.resources.validation.formats import is_proxyable
from mockcloud.kube.writes.refusals import Refusal, bad_request

_NO_ADDRESS: Final = "address not allowed"
_SCHEMES: Final = ("", "http", "https")
Pods = Callable[[str, str], JsonObject | None]
"""(namespace, name) -> the pod; None for one that may not be called."""
_PREFERRED: Final = ("InternalIP", "ExternalIP")


@dataclass(frozen=True, slots=True)
class Named:
    """What a proxy's name says, and the name itself."""

    scheme: str
    name: str
    port: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Backend:
    """A server: the URL of its root; `kubelet` where it is the node's agent, which asks for a token."""

    scheme: str
    host: str
    port: int | None
    kubelet: bool = False

    @property
    def url(self) -> str:
        """Without a slash at its end."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}" + (f":{self.port}" if self.port else "")


def named(text: str, resource: str) -> Named:
    """The parts of a proxy's name; 400 where it has none."""
    parts = text.split(":")
    if len(parts) == 1:
        found = Named("", parts[0], "")
    elif len(parts) == 2:
        found = Named("", *parts)
    else:
        found = Named(*parts[:3])
    if len(parts) > 3 or not found.name or found.scheme not in _SCHEMES:
        msg = f"invalid {resource.removesuffix('s')} request {text!r}".replace("'", '"')
        raise bad_request(msg)
    return Named(found.scheme or "http", found.name, found.port, text)


def of_pod(pod: JsonObject, asked: Named) -> Backend:
    """The pod's address, at the port asked for or its first; 400 where it has none that may be called."""
    spec, status = object_at(pod, "spec"), object_at(pod, "status")
    host = status.get("podIP") or next((each.get("ip") for each in objects_at(status, "podIPs")), "")
    _require_proxyable(str(host))
    ports = [
        port["containerPort"] for each in objects_at(spec, "containers") for port in objects_at(each, "ports")
    ]
    port = _number(asked.port) if asked.port else next(iter(ports), None)
    return Backend(asked.scheme, str(host), port)


def of_service(
    service: JsonObject,
    slices: Sequence[JsonObject],
    asked: Named,
    pods: Pods | None,
    pick: Callable[[int], int],
) -> Backend:
    """A ready endpoint of the Service's port, the `pick(n)`-th of n; 503 where there is none.

    It is one of `pods` (for clients of the API, who may have written the endpoints); None: any address.
    """
    name, wanted = asked.name, asked.port
    if is_decimal(wanted):
        ports = objects_at(object_at(service, "spec"), "ports")
        found = [str(each.get("name") or "") for each in ports if each.get("port") == port_of(wanted)]
        if not found:
            why = f'no service port {wanted} found for service "{name}"'
            raise _unavailable(why)
        wanted = found[0]
    ready = list(_ready(slices, wanted, pods))
    if not ready:
        why = f'no endpoints available for service "{asked.text or name}"'
        raise _unavailable(why)
    host, port = ready[pick(len(ready))]
    return Backend(asked.scheme, host, port)


def of_node(node: JsonObject, asked: Named) -> Backend:
    """The node's agent, or that port of the node."""
    status = object_at(node, "status")
    addresses = objects_at(status, "addresses")
    found = [str(one.get("address")) for kind in _PREFERRED for one in addresses if one.get("type") == kind]
    if not found:
        raise bad_request(_NO_ADDRESS)
    endpoint = object_at(object_at(status, "daemonEndpoints"), "kubeletEndpoint")
    agent = int(endpoint.get("Port") or KUBELET_PORT)
    port = _number(asked.port) if asked.port else agent
    if port != agent:
        _require_proxyable(found[0])
    return Backend("http" if port == agent else asked.scheme, found[0], port, kubelet=port == agent)


def _ready(slices: Sequence[JsonObject], name: str, pods: Pods | None) -> Iterator[tuple[str, int]]:
    for each in slices:
        if each.get("addressType") == "FQDN":
            continue  # upstream reads Endpoints, which have addresses alone: nobody resolves a name here
        named_so = [one for one in objects_at(each, "ports") if (one.get("name") or "") == name]
        ports = [one["port"] for one in named_so if one.get("port") is not None]
        for endpoint in objects_at(each, "endpoints"):
            ready = object_at(endpoint, "conditions").get("ready") is not False
            if ready and (pods is None or _is_of_pod(endpoint, pods)):
                yield from ((str(endpoint["addresses"][0]), int(port)) for port in ports[:1])


def _is_of_pod(endpoint: JsonObject, pods: Pods) -> bool:
    """Whether the address is that of the pod which it names."""
    reference, address = object_at(endpoint, "targetRef"), str(endpoint["addresses"][0])
    pod = pods(reference.get("namespace") or "", reference.get("name") or "")
    status = object_at(pod, "status") if pod else {}
    return is_proxyable(address) and any(each.get("ip") == address for each in objects_at(status, "podIPs"))


def _number(text: str) -> int:
    number = port_of(text)
    if number is None:
        msg = f"port {text!r}: expected 1 to 65535"
        raise bad_request(msg)
    return number


def _require_proxyable(host: str) -> None:
    """400 where a server there is none for clients of the API (proxyutil.IsProxyableIP)."""
    if not is_proxyable(host):
        raise bad_request(_NO_ADDRESS)


def _unavailable(why: str) -> Refusal:
    return Refusal(503, "ServiceUnavailable", why)
