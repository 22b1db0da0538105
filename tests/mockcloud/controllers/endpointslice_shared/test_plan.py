"""Slices cover exactly the endpoints, in few slices, with few writes."""

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from mockcloud.controllers.endpointslice_shared.endpoints import Endpoint, Group, Port
from mockcloud.controllers.endpointslice_shared.plan import PER_SLICE, Plan, Slice, plan_slices

HTTP = Group("IPv4", (Port("", 80, "TCP"),))
ALT = Group("IPv4", (Port("", 8080, "TCP"),))
SIX = Group("IPv6", (Port("", 80, "TCP"),))
EMPTY = Group("IPv4", ())
LABELS = {"kubernetes.io/service-name": "web"}
MARKS = tuple(LABELS.items())


def endpoint(number, ready=True):
    return Endpoint(f"10.0.0.{number}", ready, ready, terminating=False)


def by_address(endpoints):
    return {each.address: each for each in endpoints}


def slice_of(name, group, endpoints):
    return Slice(name, group, tuple(endpoints), MARKS)


def apply(done: Plan, existing):
    """The slices after the plan was performed."""
    after = {each.name: each for each in existing if each.name not in done.delete}
    after.update({each.name: each for each in done.update})
    after.update({f"made-{n}": each for n, each in enumerate(done.create, start=len(after))})
    return [Slice(name, each.group, each.endpoints, each.labels) for name, each in after.items()]


def test_a_service_without_endpoints_has_one_empty_slice_a_family():
    """As upstream's placeholder: who reads by label finds a slice, and no address in it."""
    done = plan_slices({}, ["IPv4", "IPv6"], LABELS, [])
    assert [(each.group, each.endpoints) for each in done.create] == [(EMPTY, ()), (Group("IPv6", ()), ())]


def test_the_placeholder_becomes_the_first_real_slice():
    """One update, not a creation and a deletion: readers never see two or none."""
    existing = [slice_of("web-a", EMPTY, [])]
    done = plan_slices({HTTP: by_address([endpoint(1)])}, ["IPv4"], LABELS, existing)
    assert done == Plan(update=(slice_of("web-a", HTTP, [endpoint(1)]),))


def test_what_is_right_is_not_written():
    """The same endpoints again: an empty plan."""
    existing = [slice_of("web-a", HTTP, [endpoint(2), endpoint(1)])]
    assert plan_slices({HTTP: by_address([endpoint(1), endpoint(2)])}, ["IPv4"], LABELS, existing) == Plan()


def test_a_change_of_readiness_touches_one_slice_and_keeps_its_order():
    """Only the slice with that endpoint is updated."""
    existing = [slice_of("a", HTTP, [endpoint(1), endpoint(2)]), slice_of("b", ALT, [endpoint(9)])]
    wanted = {HTTP: by_address([endpoint(1), endpoint(2, ready=False)]), ALT: by_address([endpoint(9)])}
    done = plan_slices(wanted, ["IPv4"], LABELS, existing)
    assert done == Plan(update=(slice_of("a", HTTP, [endpoint(1), endpoint(2, ready=False)]),))


def test_a_slice_of_another_family_is_never_reused():
    """addressType is immutable."""
    done = plan_slices(
        {SIX: {"fd00::1": endpoint(1)}}, ["IPv6"], LABELS, [slice_of("a", HTTP, [endpoint(1)])]
    )
    assert done.update == ()
    assert done.delete == ("a",)


groups = st.sampled_from([HTTP, ALT])
contents = st.dictionaries(groups, st.sets(st.integers(1, 240), max_size=130), max_size=2)


@settings(max_examples=40)
@given(before=contents, after=contents)
def test_slices_cover_exactly_the_endpoints_and_then_rest(before, after):
    """From any state to any other: nothing missing, nothing twice, none over-full; a second plan is empty."""
    state = []
    for wanted in (before, after):
        want = {group: by_address(map(endpoint, numbers)) for group, numbers in wanted.items()}
        state = apply(plan_slices(want, ["IPv4"], LABELS, state), state)
        assert plan_slices(want, ["IPv4"], LABELS, state) == Plan()
    seen = [(each.group, e.address) for each in state for e in each.endpoints]
    wanted = [(group, f"10.0.0.{n}") for group, numbers in after.items() for n in numbers]
    assert Counter(seen) == Counter(wanted)
    assert all(len(each.endpoints) <= PER_SLICE for each in state)
    empty = [each for each in state if not each.endpoints]
    assert len(empty) == (0 if any(after.values()) else 1)
