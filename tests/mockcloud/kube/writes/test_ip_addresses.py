"""IPAddresses beside Services, and when a ServiceCIDR is ready or may go."""

from __future__ import annotations

import pytest

from mockcloud.kube.resources.ipaddresses import address_problems
from mockcloud.kube.writes.ip_addresses import (
    FINALIZER,
    address_of,
    differences,
    is_managed,
    names_of,
    offered,
    settled,
    stands_for,
)
from testkit import objects


def service(name: str, *addresses: str) -> dict:
    return objects.service(name, clusterIPs=list(addresses))


def ranges(name: str, *cidrs: str, deleted: bool = False) -> dict:
    metadata = {"name": name, "finalizers": [FINALIZER]}
    if deleted:
        metadata["deletionTimestamp"] = "then"
    return {"metadata": metadata, "spec": {"cidrs": list(cidrs)}}


def address(name: str) -> dict:
    return address_of(name, service("web", name))


def condition(found: dict) -> tuple[str, str]:
    (only,) = found["status"]["conditions"]
    return only["status"], only["reason"]


def test_what_stands_for_a_service():
    """Under each of its addresses; a headless one and an ExternalName have none."""
    web = service("web", "10.96.0.7", "fd00::1")
    assert names_of(web) == ["10.96.0.7", "fd00::1"]
    assert names_of(None) == names_of(service("none", "None")) == []
    made = address_of("fd00::1", web)
    assert list(address_problems(made, None)) == []
    assert made["metadata"]["labels"]["ipaddress.kubernetes.io/ip-family"] == "IPv6"
    assert is_managed(made)
    assert stands_for(made, web)
    assert not stands_for(made, service("other", "fd00::1"))


@pytest.mark.parametrize(
    ("services", "addresses", "missing", "stale"),
    [
        pytest.param([service("web", "10.96.0.7")], {}, ["10.96.0.7"], [], id="missing"),
        pytest.param([], {"10.96.0.7": address("10.96.0.7")}, [], ["10.96.0.7"], id="of nothing"),
        pytest.param(
            [service("web", "10.96.0.7")], {"10.96.0.7": address("10.96.0.7")}, [], [], id="in step"
        ),
        pytest.param(
            [service("other", "10.96.0.7")],
            {"10.96.0.7": address("10.96.0.7")},
            ["10.96.0.7"],
            ["10.96.0.7"],
            id="of a Service that has given it back",
        ),
        pytest.param(
            [service("web", "10.96.0.7")],
            {"10.96.0.7": {"metadata": {"name": "10.96.0.7"}, "spec": {}}},
            [],
            [],
            id="somebody's own",
        ),
    ],
)
def test_what_is_out_of_step(services, addresses, missing, stale):
    """What is made, and what is taken away."""
    found, gone = differences(services, addresses)
    assert [each["metadata"]["name"] for each in found] == missing
    assert gone == stale


def test_a_range_gets_ready():
    """It gets what holds it and says so once; others' finalizers stay."""
    new = {"metadata": {"name": "more", "finalizers": ["mine"]}, "spec": {"cidrs": ["10.97.0.0/24"]}}
    ready = settled(new, [], [], "now")
    assert ready["metadata"]["finalizers"] == ["mine", FINALIZER]
    assert condition(ready) == ("True", "")
    assert settled(ready, [], [], "later") is ready
    assert offered([ready, ranges("new", "10.98.0.0/24")]) == ["10.97.0.0/24"]


@pytest.mark.parametrize(
    ("others", "addresses", "goes"),
    [
        pytest.param([], [], True, id="nothing is in it"),
        pytest.param([], [address("10.97.0.7")], False, id="a Service has one of its addresses"),
        pytest.param([], [address("10.96.0.7")], True, id="that is of another range"),
        pytest.param(
            [ranges("larger", "10.97.0.0/16")], [address("10.97.0.7")], True, id="that is in another, too"
        ),
        pytest.param(
            [], [{"metadata": {"name": "10.97.0.7"}, "spec": {}}], True, id="somebody's own IPAddress"
        ),
    ],
)
def test_when_a_range_may_go(others, addresses, goes):
    """As long as a Service would be left without a range, it says why it stays, and gives no address."""
    ready = settled(ranges("more", "10.97.0.0/24"), others, addresses, "then")
    leaving = {**ready, "metadata": {**ready["metadata"], "deletionTimestamp": "now"}}
    assert offered([leaving]) == []
    after = settled(leaving, others, addresses, "now")
    assert (FINALIZER not in after["metadata"]["finalizers"]) is goes
    assert condition(after) == (("True", "") if goes else ("False", "Terminating"))
