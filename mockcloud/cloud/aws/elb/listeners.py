"""elb: listeners, as requests have them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mockcloud.cloud.aws.certificates import find_certificate
from mockcloud.cloud.aws.elb.protocols import read_protocol
from mockcloud.cloud.aws.errors import AwsError
from mockcloud.cloud.core.elastic import classic
from mockcloud.cloud.core.elastic.classic import ListenerWish
from mockcloud.cloud.core.elastic_values import Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mockcloud.cloud.service import CloudService

Shape = dict[str, Any]
# What is spoken with instances where nobody says.
_PLAIN = {Protocol.TLS: Protocol.TCP, Protocol.HTTPS: Protocol.HTTP}


def create(cloud: CloudService, wanted: Shape) -> Shape:
    """CreateLoadBalancerListeners."""
    listeners = read_listeners(cloud, wanted["Listeners"])
    found = classic.named(cloud.state, wanted["LoadBalancerName"])
    cloud.run(lambda draft: classic.add_listeners(draft, found, listeners, cloud.catalogue))
    return {}


def delete(cloud: CloudService, wanted: Shape) -> Shape:
    """DeleteLoadBalancerListeners."""
    found = classic.named(cloud.state, wanted["LoadBalancerName"])
    cloud.run(lambda draft: classic.delete_listeners(draft, found, wanted["LoadBalancerPorts"]))
    return {}


def read_listeners(cloud: CloudService, given: Sequence[Shape]) -> list[ListenerWish]:
    """AwsError ValidationError, CertificateNotFound."""
    return [_listener(cloud, each) for each in given]


def _listener(cloud: CloudService, given: Shape) -> ListenerWish:
    protocol = read_protocol(given["Protocol"])
    spoken = given.get("InstanceProtocol")
    return ListenerWish(
        protocol,
        _port(given["LoadBalancerPort"]),
        _port(given["InstancePort"]),
        read_protocol(spoken) if spoken else _PLAIN.get(protocol, protocol),
        _certificate(cloud, given.get("SSLCertificateId")),
    )


def _port(number: int) -> int:
    if not 1 <= number <= 65_535:
        raise AwsError("ValidationError", f"port {number} is not one: expected 1 to 65535")
    return number


def _certificate(cloud: CloudService, text: str | None) -> int | None:
    if not text:
        return None
    found = find_certificate(cloud.state, text)
    if found is None:
        raise AwsError("CertificateNotFound", f"Server Certificate not found for the key: {text}")
    return found.id
