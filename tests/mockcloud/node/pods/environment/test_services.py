"""The variables that tell of Services, by kubelet's names."""

import pytest

from mockcloud.node.pods.environment.services import (
    LinkedPort,
    LinkedService,
    service_variables,
    visible,
)
from testkit import objects


def service(name, namespace="default", ip="10.96.0.7", **spec):
    return objects.service(name, namespace=namespace, **{"clusterIP": ip, **spec})


def test_a_services_variables_are_those_of_the_documentation():
    """The pair for the first port, one for each named port, and Docker's links for each port."""
    ports = (LinkedPort(6379, "TCP", "redis"), LinkedPort(53, "UDP", "dns-udp"))
    assert service_variables([LinkedService("redis-primary", "10.0.0.11", ports)]) == {
        "REDIS_PRIMARY_SERVICE_HOST": "10.0.0.11",
        "REDIS_PRIMARY_SERVICE_PORT": "6379",
        "REDIS_PRIMARY_SERVICE_PORT_REDIS": "6379",
        "REDIS_PRIMARY_SERVICE_PORT_DNS_UDP": "53",
        "REDIS_PRIMARY_PORT": "tcp://10.0.0.11:6379",
        "REDIS_PRIMARY_PORT_6379_TCP": "tcp://10.0.0.11:6379",
        "REDIS_PRIMARY_PORT_6379_TCP_PROTO": "tcp",
        "REDIS_PRIMARY_PORT_6379_TCP_PORT": "6379",
        "REDIS_PRIMARY_PORT_6379_TCP_ADDR": "10.0.0.11",
        "REDIS_PRIMARY_PORT_53_UDP": "udp://10.0.0.11:53",
        "REDIS_PRIMARY_PORT_53_UDP_PROTO": "udp",
        "REDIS_PRIMARY_PORT_53_UDP_PORT": "53",
        "REDIS_PRIMARY_PORT_53_UDP_ADDR": "10.0.0.11",
    }


def test_an_ipv6_address_has_brackets_where_a_port_follows():
    """As net.JoinHostPort writes it; the bare address where it stands alone."""
    found = service_variables([LinkedService("a", "fd00::7", (LinkedPort(80),))])
    assert (found["A_PORT"], found["A_SERVICE_HOST"]) == ("tcp://[fd00::7]:80", "fd00::7")


@pytest.mark.parametrize(
    ("links", "expected"),
    [pytest.param(True, ["api", "kubernetes"], id="links"), pytest.param(False, ["kubernetes"], id="none")],
)
def test_a_pod_hears_of_its_own_namespace_and_of_the_api(links, expected):
    """Neither of headless Services nor of ExternalName, nor of those elsewhere."""
    services = [
        service("kubernetes", "default", "10.96.0.1"),
        service("api", "shop"),
        service("elsewhere", "other"),
        service("headless", "shop", "None"),
        service("alias", "shop", "", type="ExternalName", ports=[]),
    ]
    assert [one.name for one in visible(services, "shop", links=links)] == expected


def test_a_service_called_kubernetes_in_the_pods_namespace_hides_the_apis():
    """As kubelet's map has one entry a name; without links the API's own stays."""
    services = [service("kubernetes", "shop", "10.96.0.9"), service("kubernetes", "default", "10.96.0.1")]
    for order in (services, services[::-1]):
        assert [one.cluster_ip for one in visible(order, "shop", links=True)] == ["10.96.0.9"]
        assert [one.cluster_ip for one in visible(order, "shop", links=False)] == ["10.96.0.1"]
