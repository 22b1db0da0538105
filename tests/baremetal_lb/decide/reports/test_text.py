"""Reports as texts: what was written is read back, and nothing that a stolen node writes does harm."""

from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from baremetal_lb.decide.reports.text import LIMIT, MOST_ADDRESSES, read, write
from baremetal_lb.model.conflicts import Conflict, ConflictKind, Finding, FindingKind
from baremetal_lb.model.places import Place, Port
from baremetal_lb.model.reports import Flaw, Left, Out, Report, Silence, Unusable

VIP, VIP6 = IPv4Address("192.168.10.200"), IPv6Address("fd00:10::200")
ETH0 = Port("eth0", "02:00:00:00:00:01")
MAC = bytes.fromhex("0200000000aa")
FULL = Report(
    "node-1",
    seen=1234,
    announced=(Place((VIP, VIP6), "node-1", (ETH0, Port("eth1", "02:00:00:00:00:02"))),),
    silences=(Silence("NoNode", (IPv4Address("192.168.10.201"),), (Out("NoSpeaker", ("node-2",), 3),)),),
    conflicts=(
        Conflict(VIP, ConflictKind.CLAIMED, MAC, "eth0"),
        Conflict(VIP6, ConflictKind.DOUBLED, MAC, "eth1", "n"),
    ),
    findings=(
        Finding(VIP, FindingKind.SILENT, "node-2"),
        Finding(VIP6, FindingKind.WRONG_MAC, "n", MAC, "eth0"),
        Finding(VIP, FindingKind.REVERSE_PATH, "node-1", interface="eth1", way_out="eth0"),
    ),
    left=(Left(Conflict(VIP, ConflictKind.IN_USE, MAC, "eth0"), 1_700_000_000),),
    held=True,
)


def changed(**fields) -> str:
    """The full report's text with other fields."""
    return orjson.dumps({**orjson.loads(write(FULL)), **fields}).decode()


def test_what_was_written_is_read_back():
    """With all that can be in it."""
    assert read(write(FULL), "node-1") == FULL


def test_an_empty_report_is_short():
    """A speaker that announces nothing says so."""
    assert write(Report("n")) == (
        '{"version":1,"node":"n","announced":[],"silent":[],"conflicts":[],"findings":[],"left":[],"omitted":0}'
    )


@pytest.mark.parametrize(
    "base",
    [IPv4Address("192.168.0.0"), IPv6Address("fd00:aaaa:bbbb:cccc:dddd:eeee:1111:0")],
    ids=["IPv4", "IPv6"],
)
def test_ten_thousand_addresses_have_room(base):
    """The API takes 1 MiB."""
    report = Report("n", (Place(tuple(base + at for at in range(10_000)), "n", (ETH0,)),))
    text = write(report)
    assert len(text) < LIMIT
    assert read(text, "n") == report


def test_what_has_no_room_is_counted():
    """Rather than refused by the API for ever."""
    base = IPv4Address("10.0.0.0")
    many = Report(
        "n",
        (Place(tuple(base + at for at in range(15_000)), "n", (ETH0,)),),
        (Silence("NoEndpoints", tuple(base + at for at in range(20_000, 40_000))),),
    )
    found = read(write(many), "n")
    assert isinstance(found, Report)
    assert len(found.announced[0].addresses) == 15_000
    assert len(found.silences[0].addresses) == 1_000
    assert found.omitted == 19_000


def test_a_text_never_outgrows_the_limit():
    """Whatever else is in it."""
    outs = tuple(Out(f"Why{at}", tuple(f"{'n' * 240}{name}" for name in range(50))) for at in range(60))
    base = IPv6Address("fd00:aaaa:bbbb:cccc:dddd:eeee:1111:0")
    report = Report("n", silences=(Silence("NoNode", tuple(base + at for at in range(9_000)), outs),))
    assert len(write(report)) <= LIMIT


@pytest.mark.parametrize(
    ("text", "flaw", "detail"),
    [
        pytest.param("", Flaw.MALFORMED, "report: Invalid JSON", id="empty"),
        pytest.param("[" * 100_000, Flaw.MALFORMED, "report: Invalid JSON", id="deep"),
        pytest.param("[]", Flaw.MALFORMED, "report: Input should be an object", id="a list"),
        pytest.param(
            "x" * (LIMIT + 1), Flaw.TOO_LONG, "900001 characters; expected at most 900000", id="long"
        ),
        pytest.param(changed(version=2), Flaw.VERSION, "version 2; expected 1", id="newer"),
        pytest.param(
            changed(node="node-2"),
            Flaw.OTHER_NODE,
            "speaks of node 'node-2'; expected 'node-1'",
            id="another",
        ),
        pytest.param(changed(node="a b"), Flaw.MALFORMED, "node: String should match", id="node"),
        pytest.param(
            changed(announced=[{"on": [], "addresses": []}]), Flaw.MALFORMED, "announced.0.on", id="nowhere"
        ),
        pytest.param(
            changed(announced=[{"on": [["a b", ETH0.mac]], "addresses": []}]),
            Flaw.MALFORMED,
            "on.0.0",
            id="interface",
        ),
        pytest.param(
            changed(silent=[{"why": "No; by node-9", "addresses": []}]),
            Flaw.MALFORMED,
            "why",
            id="a forged sentence",
        ),
        pytest.param(
            changed(silent=[{"why": "NoNode", "addresses": ["10.0.0.1"] * (MOST_ADDRESSES + 1)}]),
            Flaw.MALFORMED,
            "silent.0.addresses",
            id="too many",
        ),
        pytest.param(
            changed(announced=[{"on": [["eth0", ETH0.mac]] * 65, "addresses": []}]),
            Flaw.MALFORMED,
            "announced.0.on",
            id="too many interfaces",
        ),
        pytest.param(changed(omitted="1"), Flaw.MALFORMED, "omitted", id="type"),
    ],
)
def test_a_bad_report_is_refused_whole(text, flaw, detail):
    """And it is said what is wrong."""
    found = read(text, "node-1")
    assert isinstance(found, Unusable)
    assert found.flaw is flaw
    assert detail in found.detail


def test_what_only_a_newer_speaker_knows_is_passed_over():
    """Versions differ while a DaemonSet is rolled out."""
    conflict = {"address": "10.0.0.1", "kind": "spooky", "mac": ETH0.mac, "interface": "eth0"}
    text = changed(
        more={"a": 1},
        conflicts=[conflict],
        findings=[],
        left=[],
        silent=[
            {
                "why": "NoNode",
                "out": [{"why": "MoonPhase", "nodes": ["n"]}],
                "addresses": ["10.0.0.1", "what"],
            }
        ],
    )
    found = read(text, "node-1")
    assert found == replace(
        FULL,
        conflicts=(),
        findings=(),
        left=(),
        silences=(Silence("NoNode", (IPv4Address("10.0.0.1"),), (Out("MoonPhase", ("n",)),)),),
    )


def test_an_interface_with_an_odd_name_spoils_nothing():
    """The kernel takes any byte but a slash and white space."""
    odd = Report("n", (Place((VIP,), "n", (Port("ethü", ETH0.mac),)),))
    assert read(write(odd), "n") == Report("n", (Place((VIP,), "n", (Port("eth?", ETH0.mac),)),))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.text(max_size=50) | JSON.map(lambda value: orjson.dumps(value).decode()))
def test_any_text_is_read_or_refused(text):
    """Never an exception."""
    assert isinstance(read(text, "node-1"), Report | Unusable)


@given(st.dictionaries(st.sampled_from(sorted(orjson.loads(write(FULL)))), JSON, max_size=2))
def test_a_report_with_anything_in_it_is_read_or_refused(fields):
    """Never an exception either."""
    assert isinstance(read(changed(**fields), "node-1"), Report | Unusable)
