"""externalIPs of Services inside of a pool: not given, and said."""

from ipaddress import ip_address

import pytest

LAB = "name: lab, addresses: [10.0.0.1-10.0.0.3]"


def external(*texts: str) -> dict:
    return {"external_ips": tuple(map(ip_address, texts))}


@pytest.mark.parametrize("is_load_balancer", [True, False], ids=["load-balancer", "cluster-ip"])
def test_an_external_ip_of_another_service_is_not_given(cluster, is_load_balancer):
    """Of whatever type that is; and given again when it goes."""
    cluster.pools(LAB).create("b", is_load_balancer=is_load_balancer, **external("10.0.0.1", "10.9.9.9"))
    texts = cluster.texts()
    assert 'externalIPs has 10.0.0.1 of pool "lab": it is not assigned to any Service' in texts
    assert not any("10.9.9.9" in text for text in texts)
    cluster.create("a").create("c", load_balancer_ip="10.0.0.1")
    assert cluster.has("a") != "10.0.0.1"
    assert cluster.says("c") == "InUse: 10.0.0.1: in use by default/b, as one of its externalIPs"
    cluster.change("b", external_ips=())
    assert cluster.has("c") == "10.0.0.1"


def test_a_service_keeps_what_it_has_and_the_clash_is_said(cluster):
    """Once, however often it is looked at."""
    cluster.pools(LAB).create("a", load_balancer_ip="10.0.0.1").create("b", is_load_balancer=False)
    cluster.texts()
    cluster.change("b", **external("10.0.0.1")).change("b", ports="TCP/81").change("a", ports="TCP/82")
    assert cluster.texts() == [
        'externalIPs has 10.0.0.1 of pool "lab": default/a has it, too: clients may reach either'
    ]
    assert cluster.has("a") == "10.0.0.1"


def test_a_service_may_name_its_own_address(cluster):
    """As some do, so that programs find it there."""
    cluster.pools(LAB).create("a", load_balancer_ip="10.0.0.2", **external("10.0.0.2"))
    assert cluster.has("a") == "10.0.0.2"
    assert cluster.texts() == ['Assigned IP ["10.0.0.2"]']
