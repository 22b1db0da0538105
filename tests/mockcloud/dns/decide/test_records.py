"""Records of one Service, where a question alone would not show them."""

from ipaddress import ip_address

from mockcloud.dns.decide.names import parse
from mockcloud.dns.decide.records import Kind, Srv, dashed, service_records
from mockcloud.dns.decide.views import EndpointView, PortView, ServiceKey, ServiceView, SliceView

ZONE = parse("cluster.local")
KEY = ServiceKey("default", "web")
HTTP = (PortView("http", "tcp", 80),)
OWN = parse("web.default.svc.cluster.local")


def part(*endpoints, ports=HTTP):
    return SliceView(KEY, tuple(EndpointView(ip_address(ip), host, True) for ip, host in endpoints), ports)


def test_an_address_in_two_slices_counts_once():
    """While endpoints move between slices, both may have them; each port of either counts."""
    slices = [part(("10.0.0.1", "")), part(("10.0.0.1", "a"), ports=(PortView("extra", "tcp", 81),))]

    found = service_records(KEY, ServiceView(), slices, ZONE)

    assert found[OWN][Kind.A] == (ip_address("10.0.0.1"),)
    at = parse("a.web.default.svc.cluster.local")
    assert found[OWN][Kind.SRV] == (Srv(50, 81, at), Srv(50, 80, at))
    assert parse("10-0-0-1.web.default.svc.cluster.local") not in found


def test_the_order_of_slices_does_not_matter():
    """Or a change of nothing would look like one."""
    slices = [part(("10.0.0.2", ""), ("10.0.0.1", "")), part(("10.0.0.3", ""))]

    assert service_records(KEY, ServiceView(), slices, ZONE) == service_records(
        KEY, ServiceView(), slices[::-1], ZONE
    )


def test_weights_share_what_there_is_and_are_never_nothing():
    """A weight of 0 would mean: hardly ever (RFC 2782)."""
    many = part(*((f"10.0.{number // 250}.{number % 250 + 1}", "") for number in range(300)))

    found = service_records(KEY, ServiceView(), [many], ZONE)

    assert {each.weight for each in found[OWN][Kind.SRV]} == {1}


def test_an_endpoint_without_a_name_is_called_by_its_address():
    """As CoreDNS calls it, so that a name that worked there works here."""
    assert dashed(ip_address("10.244.1.5")) == "10-244-1-5"
    assert dashed(ip_address("fd00:10:244::5")) == "fd00-10-244--5"
