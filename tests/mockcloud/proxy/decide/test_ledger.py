"""Elements that several Services want."""

from mockcloud.proxy.decide.ledger import ABSENT, Change, Ledger
from mockcloud.proxy.decide.ruleset import Address, Denial, Slot, Spread
from mockcloud.proxy.decide.views import Protocol, ServiceKey

A, B = ServiceKey("default", "a"), ServiceKey("default", "b")
PICK = Spread(Protocol.TCP, 2)
WHERE = Address("203.0.113.9", Protocol.TCP, 80)


def test_a_shared_element_goes_with_its_last_owner():
    """A chain that two Services lead through is added once and removed once."""
    ledger = Ledger()
    part = {Slot.CHAINS: {PICK.chain: PICK}}
    assert ledger.put(A, part) == [Change(Slot.CHAINS, PICK.chain, ABSENT, PICK)]
    assert ledger.put(B, part) == []
    assert ledger.put(A, {}) == []
    assert ledger.has_chain(PICK.chain)
    assert ledger.put(B, {}) == [Change(Slot.CHAINS, PICK.chain, PICK, ABSENT)]
    assert not ledger.has_chain(PICK.chain)


def test_the_first_to_claim_an_address_keeps_it():
    """Two Services with one externalIP: the later one gets it only when the first lets go."""
    ledger = Ledger()
    ledger.put(A, {Slot.NO_ENDPOINTS: {WHERE: Denial.REFUSE}})
    assert ledger.put(B, {Slot.NO_ENDPOINTS: {WHERE: Denial.DROP}}) == []
    assert ledger.put(A, {Slot.NO_ENDPOINTS: {WHERE: Denial.REFUSE}}) == []
    assert ledger.put(A, {}) == [Change(Slot.NO_ENDPOINTS, WHERE, Denial.REFUSE, Denial.DROP)]


def test_an_unchanged_part_changes_nothing():
    """What costs a transaction is a change, not an event."""
    ledger = Ledger()
    part = {Slot.CLUSTER_IPS: {"10.96.0.1": None}}
    assert len(ledger.put(A, part)) == 1
    assert ledger.put(A, dict(part)) == []
    assert ledger.owners() == (A,)
