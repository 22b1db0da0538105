"""What a node does with ports of its own that are pods'."""

import pytest

from mockcloud.node.pods.convert import pod_spec
from mockcloud.node.runtime.host_ports import Opening, openings, table
from mockcloud.proxy.decide.views import Family
from testkit import objects

IPS = ("10.244.1.2", "fd00::2")


def spec(*ports, **more):
    obj = objects.pod("p", objects.container("c", ports=list(ports)), **more)
    obj["metadata"]["uid"] = "u"
    return pod_spec(obj)


def port(number=8080, **more):
    return {"containerPort": 80, "hostPort": number, **more}


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        pytest.param(spec({"containerPort": 80}), [], id="none"),
        pytest.param(
            spec(port(protocol="UDP")),
            [Opening("udp", "", 8080, ip, 80) for ip in IPS],
            id="at-all-addresses-of-both-families",
        ),
        pytest.param(
            spec(port(hostIP="127.0.0.1")),
            [Opening("tcp", "127.0.0.1", 8080, IPS[0], 80)],
            id="at-one-address",
        ),
        pytest.param(spec(port(), hostNetwork=True), [], id="the-port-is-the-node's-anyway"),
    ],
)
def test_what_is_opened(wanted, expected):
    """By the containers' ports."""
    assert list(openings(wanted, IPS)) == expected


def test_rules_are_of_their_family_and_the_narrow_ones_first():
    """One transaction loads all; without any the table goes."""
    found = table(
        Family.IPV4,
        [
            Opening("tcp", "", 8080, "10.244.1.2", 80),
            Opening("tcp", "127.0.0.1", 8080, "10.244.1.3", 81),
            Opening("tcp", "", 8080, "fd00::2", 80),
        ],
    )
    rules = [line.partition(" ports ")[2] for line in found.splitlines() if " dnat to " in line]
    assert rules == [
        "ip daddr 127.0.0.1 tcp dport 8080 dnat to 10.244.1.3:81",
        "tcp dport 8080 dnat to 10.244.1.2:80",
    ]
    own = "table ip6 mockcloud-hostports"
    assert table(Family.IPV6, []) == f"add {own}\ndelete {own}\n"
