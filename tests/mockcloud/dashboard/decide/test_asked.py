"""What the page asks for: each kind of fault, and requests that are none."""

from __future__ import annotations

import pytest

from mockcloud.dashboard.decide.asked import Connection, NotAsked, Place, connection, daemon, fault, place
from mockcloud.faults.decide.plan import Fault, Kind


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        ({"kind": "link", "hosts": ["node-1"]}, Fault(0, Kind.LINK, "", ("node-1",))),
        (
            {"kind": "loss", "hosts": ["node-1"], "percent": 2.5},
            Fault(0, Kind.LOSS, "", ("node-1",), percent=2.5),
        ),
        (
            {"kind": "partition", "hosts": ["a", "a"], "others": ["b"]},
            Fault(0, Kind.PARTITION, "", ("a",), ("b",)),
        ),
        ({"kind": "power", "hosts": ["node-1"]}, Fault(0, Kind.POWER, "", ("node-1",))),
        ({"kind": "pause", "daemon": "kube"}, Fault(0, Kind.PAUSE, "", daemon="kube")),
        (
            {"kind": "delay", "hosts": ["node-1"], "milliseconds": 50},
            Fault(0, Kind.DELAY, "", ("node-1",), seconds=0.05),
        ),
    ],
    ids=["link", "loss", "partition", "power", "pause", "delay"],
)
def test_faults(body, wanted):
    """As `mockcloud fault` makes them."""
    assert fault(body) == wanted


@pytest.mark.parametrize(
    ("body", "why"),
    [
        pytest.param(None, "None: expected an object", id="nothing"),
        pytest.param([], "expected an object", id="list"),
        pytest.param(
            {"kind": "fire"}, "kind 'fire': expected one of link, loss, partition, pause, power", id="kind"
        ),
        pytest.param({"kind": ["link"]}, "expected one of link", id="kind that is no text"),
        pytest.param({"kind": "link"}, "hosts None: expected a list of hosts", id="no host"),
        pytest.param({"kind": "link", "hosts": "node-1"}, "hosts 'node-1': expected a list", id="one host"),
        pytest.param({"kind": "link", "hosts": [1]}, "expected a list of hosts", id="host that is no name"),
        pytest.param({"kind": "partition", "hosts": ["a"], "others": []}, "others []", id="no other side"),
        pytest.param({"kind": "loss", "hosts": ["a"]}, "percent None", id="no percent"),
        pytest.param({"kind": "loss", "hosts": ["a"], "percent": 0}, "percent 0", id="none of them"),
        pytest.param({"kind": "loss", "hosts": ["a"], "percent": 1e-9}, "from 0.001 to 100", id="too few"),
        pytest.param({"kind": "loss", "hosts": ["a"], "percent": 101}, "percent 101", id="more than all"),
        pytest.param({"kind": "loss", "hosts": ["a"], "percent": True}, "percent True", id="no number"),
        pytest.param({"kind": "loss", "hosts": ["a"], "percent": float("nan")}, "percent nan", id="nan"),
        pytest.param({"kind": "delay", "hosts": ["a"]}, "milliseconds None", id="no milliseconds"),
        pytest.param({"kind": "delay", "hosts": ["a"], "milliseconds": 1e9}, "to 60000", id="an age"),
        pytest.param({"kind": "pause", "daemon": ""}, "daemon ''", id="no daemon"),
        pytest.param({"kind": "x" * 1000}, "...: expected", id="long"),
    ],
)
def test_what_is_none_is_refused(body, why):
    """In words that name the thing, its value and what was expected; not the whole of a long value."""
    with pytest.raises(NotAsked) as refused:
        fault(body)
    assert why in str(refused.value)
    assert len(str(refused.value)) < 200


def test_daemon():
    """A name."""
    assert daemon({"daemon": "node-1"}) == "node-1"
    with pytest.raises(NotAsked, match="daemon None: expected the name of one"):
        daemon([])


def test_a_connection():
    """From a host or a pod, to what `mockcloud trace` knows how to reach."""
    asked = {"source": "client", "target": "http://192.168.10.200"}
    assert connection(asked) == Connection("client", "http://192.168.10.200")


@pytest.mark.parametrize(
    ("body", "why"),
    [
        pytest.param(7, "source None: expected a host or a pod", id="number"),
        pytest.param({"source": "", "target": "x:1"}, "source ''", id="from nowhere"),
        pytest.param({"source": "client"}, "target None: expected a URL or HOST:PORT", id="to nothing"),
        pytest.param({"source": "client", "target": ["x"]}, "target ['x']", id="to a list"),
        pytest.param(
            {"source": "client", "target": "a\0b"}, "expected a URL", id="no argument can have a zero"
        ),
        pytest.param({"source": "client", "target": "a\ud800"}, "expected a URL", id="half a character"),
        pytest.param({"source": "client", "target": "a:1/\x1b[2J"}, "expected a URL", id="for a terminal"),
    ],
)
def test_what_is_no_connection_is_refused(body, why):
    """It names what is missing."""
    with pytest.raises(NotAsked) as refused:
        connection(body)
    assert why in str(refused.value)


def test_a_place():
    """As it is written."""
    assert str(place({"address": "192.168.10.200", "port": 80})) == "192.168.10.200:80"
    assert str(place({"address": "fd00:10::200", "port": 80})) == "[fd00:10::200]:80"
    assert place({"address": "::1", "port": 65535}) == Place("::1", 65535)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        pytest.param([], "address None: expected an IP address", id="list"),
        pytest.param({"address": "web", "port": 80}, "address 'web': expected an IP address", id="name"),
        pytest.param(
            {"address": "192.168.10.200"}, "port None: expected a number from 1 to 65535", id="no port"
        ),
        pytest.param({"address": "192.168.10.200", "port": 0}, "port 0", id="port 0"),
        pytest.param({"address": "fe80::1%\ud800", "port": 80}, "address", id="half a character"),
        pytest.param({"address": "192.168.10.200", "port": 65536}, "port 65536", id="too high"),
        pytest.param({"address": "192.168.10.200", "port": True}, "port True", id="truth"),
        pytest.param({"address": "192.168.10.200", "port": "80"}, "port '80'", id="text"),
    ],
)
def test_what_is_no_place_is_refused(body, why):
    """It names what is missing."""
    with pytest.raises(NotAsked) as refused:
        place(body)
    assert why in str(refused.value)
