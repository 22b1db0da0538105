"""An address that changes hands is never seen in two statuses."""

from ipaddress import ip_address
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baremetal_lb.decide.handover import Shown, Turns, Wait
from baremetal_lb.model.api_names import (
    Reason,
)
from baremetal_lb.model.objects import ObjectKey
from baremetal_lb.model.services import Outcome

A, B, C = (ObjectKey("x", name) for name in "abc")
X, Y, Z = (ip_address(f"10.0.0.{number}") for number in (1, 2, 3))


def outcome(key: ObjectKey, *addresses) -> Outcome:
    return Outcome(key, addresses, "lab", Reason.ALLOCATED, "")


def shown(outcomes: dict[ObjectKey, Outcome], **addresses) -> Shown:
    found = Shown()
    for name, each in addresses.items():
        found.see(ObjectKey("x", name), each)
    for key, each in outcomes.items():
        found.decide(key, each.addresses)
    return found


@pytest.mark.parametrize(
    ("decided", "shows", "step"),
    [
        pytest.param({A: [X]}, {}, [X], id="a-free-address"),
        pytest.param({A: [X], B: [Y]}, {"b": (X,)}, B, id="another-moves-away"),
        pytest.param({A: [X], B: []}, {"b": (X,)}, B, id="another-loses-it"),
        pytest.param({A: [X]}, {"b": (X,)}, B, id="another-is-no-load-balancer-any-more"),
        pytest.param({A: [X], B: [X]}, {"b": (X,)}, [X], id="shared"),
        pytest.param({A: [X], B: [Y]}, {"a": (X,), "b": (X,)}, [X], id="it-shows-it-already"),
        pytest.param({A: [X, Z], B: [Y]}, {"b": (X,)}, B, id="one-of-two"),
        pytest.param({}, {"a": (X,), "b": (X,)}, None, id="nothing-decided"),
    ],
)
def test_a_status_waits_for_who_is_to_lose_its_address(decided, shows, step):
    """And for nobody else."""
    outcomes = {key: outcome(key, *addresses) for key, addresses in decided.items()}
    found = Turns().next_step(A, outcomes.get(A), shown(outcomes, **shows))
    if isinstance(step, ObjectKey):
        assert found == Wait(step)
    else:
        assert (list(found.addresses) if found else None) == step


def test_who_waits_is_named_once_the_other_has_changed():
    """Whoever hears of the change has them looked at again."""
    outcomes, turns = {A: outcome(A, X), B: outcome(B, Y), C: outcome(C, X)}, Turns()
    assert turns.next_step(A, outcomes[A], shown(outcomes, b=(X,))) == Wait(B)
    assert turns.next_step(C, outcomes[C], shown(outcomes, b=(X,))) == Wait(B)
    assert (turns.is_waiting(A), turns.is_waiting(B)) == (True, False)
    assert turns.waiting_for(B) == [A, C]
    assert turns.next_step(A, outcomes[A], shown(outcomes, b=(Y,))) == outcomes[A]
    assert (turns.waiting_for(B), turns.is_waiting(A)) == ([C], False)


def test_two_that_swap_let_go_first():
    """One of them stands without an address for a moment, and says why."""
    outcomes, turns = {A: outcome(A, Y), B: outcome(B, X)}, Turns()
    assert turns.next_step(A, outcomes[A], shown(outcomes, a=(X,), b=(Y,))) == Wait(B)
    found = turns.next_step(B, outcomes[B], shown(outcomes, a=(X,), b=(Y,)))
    assert found == Outcome(B, (), None, Reason.IN_USE, "10.0.0.1: on its way here from x/a")


def test_who_has_let_go_waits_for_what_it_is_to_have():
    """Also before the one that waited for it has heard of that."""
    outcomes, turns = {A: outcome(A, Y), B: outcome(B, X)}, Turns()
    assert turns.next_step(A, outcomes[A], shown(outcomes, a=(X,), b=(Y,))) == Wait(B)
    assert turns.next_step(B, outcomes[B], shown(outcomes, a=(X,))) == Wait(A)
    assert turns.waiting_for(B) == [A]
    assert turns.next_step(A, outcomes[A], shown(outcomes, a=(X,))) == outcomes[A]


@given(st.permutations(range(7)), st.permutations(range(7)), st.integers())
def test_any_exchange_ends_and_shows_no_address_twice(before, after, seed):
    """Chains and circles of any length, written in any order, at most twice each."""
    keys = [ObjectKey("x", str(number)) for number in range(6)]
    addresses = [ip_address(f"10.0.0.{number}") for number in range(7)]
    outcomes = {key: outcome(key, addresses[after[at]]) for at, key in enumerate(keys)}
    status = {key: (addresses[before[at]],) for at, key in enumerate(keys)}
    seen, turns, writes = shown(outcomes), Turns(), 0
    for key, each in status.items():
        seen.see(key, each)
    queue = list(keys)
    Random(seed).shuffle(queue)
    while queue:
        key = queue.pop(0)
        step = turns.next_step(key, outcomes[key], seen)
        if not isinstance(step, Wait) and step.addresses != status[key]:
            writes += 1
            status[key] = step.addresses
            seen.see(key, step.addresses)
            shows = [address for each in status.values() for address in each]
            assert len(shows) == len(set(shows))
            queue += [key, *turns.waiting_for(key)]
    assert status == {key: each.addresses for key, each in outcomes.items()}
    assert writes <= 2 * len(keys)
