"""API objects -> views, once, at the border."""

from ipaddress import ip_address
from typing import Any, Final

from mockcloud.dns.decide.names import IPAddress, is_label
from mockcloud.dns.decide.views import EndpointView, PortView, ServiceKey, ServiceView, SliceView

SERVICE_NAME: Final = "kubernetes.io/service-name"
EXTERNAL: Final = "ExternalName"

Object = dict[str, Any]


def service_view(obj: Object) -> ServiceView:
    """From a core/v1 Service."""
    spec = obj.get("spec") or {}
    if spec.get("type") == EXTERNAL:
        return ServiceView(external_name=spec.get("externalName") or "")
    return ServiceView(
        cluster_ips=_addresses(spec.get("clusterIPs") or [spec.get("clusterIP")]),
        ports=tuple(_port(port) for port in spec.get("ports") or []),
        publish_not_ready=bool(spec.get("publishNotReadyAddresses")),
    )


def slice_view(obj: Object) -> SliceView | None:
    """From a discovery.k8s.io/v1 EndpointSlice; None where it belongs to no Service."""
    metadata = obj["metadata"]
    name = (metadata.get("labels") or {}).get(SERVICE_NAME)
    if not name:
        return None
    return SliceView(
        service=ServiceKey(metadata["namespace"], name),
        endpoints=tuple(
            _endpoint(endpoint, address)
            for endpoint in obj.get("endpoints") or []
            # An endpoint is one thing: only its first address counts (the API's own words).
            for address in _addresses(endpoint.get("addresses") or [])[:1]
        ),
        ports=tuple(_port(port) for port in obj.get("ports") or [] if port.get("port")),
    )


def _endpoint(endpoint: Object, address: IPAddress) -> EndpointView:
    conditions = endpoint.get("conditions") or {}
    # A condition that is not said is true.
    hostname = _label(endpoint.get("hostname") or "")
    return EndpointView(address, hostname, conditions.get("ready") is not False)


def _port(port: Object) -> PortView:
    name, protocol = port.get("name") or "", port.get("protocol") or "TCP"
    return PortView(_label(name, "_"), protocol.lower(), port["port"])


def _label(text: str, before: str = "") -> str:
    """The text, or none where no name could have it: what the API lets pass must not stop the others."""
    return text if is_label(before + text) else ""


def _addresses(texts: list[str | None]) -> tuple[IPAddress, ...]:
    return tuple(address for text in texts if text and (address := _address(text)))


def _address(text: str) -> IPAddress | None:
    """None for "None" (headless), and for what is no address in a hand-made slice (an FQDN)."""
    try:
        return ip_address(str(text))  # a number would be taken for an address
    except ValueError:
        return None
