"""What is said of conflicts and findings."""

from ipaddress import ip_address

import pytest

from baremetal_lb.model.conflicts import Conflict, ConflictKind, Finding, FindingKind

VIP, MAC = ip_address("192.0.2.200"), bytes.fromhex("0242c0000263")


@pytest.mark.parametrize(
    ("kind", "withholds", "words"),
    [
        (ConflictKind.IN_USE, True, "02:42:c0:00:02:63 has it on eth0"),
        (ConflictKind.PROBED, True, "02:42:c0:00:02:63 is probing for it, too, on eth0"),
        (ConflictKind.CLAIMED, False, "02:42:c0:00:02:63 claims it on eth0"),
        (ConflictKind.DOUBLED, False, "another node (02:42:c0:00:02:63) announces it as well on eth0"),
    ],
    ids=str,
)
def test_each_kind_of_conflict_has_its_words(kind, withholds, words) -> None:
    """And says whether the address is kept off the wire for it."""
    assert str(Conflict(VIP, kind, MAC, "eth0")) == words
    assert kind.withholds is withholds


def test_conflict_with_one_of_ours_names_it() -> None:
    """By its node."""
    said = str(Conflict(VIP, ConflictKind.DOUBLED, MAC, "eth0", "node-2"))
    assert said == "node-2 (02:42:c0:00:02:63) announces it as well on eth0"


@pytest.mark.parametrize(
    ("finding", "words"),
    [
        pytest.param(
            Finding(VIP, FindingKind.SILENT, "node-1"),
            "nobody answers for 192.0.2.200, which node-1 announces",
            id="silent",
        ),
        pytest.param(
            Finding(VIP, FindingKind.WRONG_MAC, "node-1", MAC, "eth0"),
            "02:42:c0:00:02:63 on eth0 answers for 192.0.2.200, which node-1 announces",
            id="wrong-mac",
        ),
    ],
)
def test_each_kind_of_finding_has_its_words(finding, words) -> None:
    """With the node that is to answer."""
    assert str(finding) == words
