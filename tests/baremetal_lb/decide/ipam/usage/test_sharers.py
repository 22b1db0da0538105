"""The index of shared addresses, held against asking each address."""

from ipaddress import ip_address

from hypothesis import given
from hypothesis import strategies as st

from baremetal_lb.decide.ipam.usage.sharers import Sharers
from baremetal_lb.decide.ipam.usage.sharing import Occupancy, SharingTerms, clash
from baremetal_lb.model.objects import ObjectKey
from baremetal_lb.model.services import ServicePort

NAMESPACES = st.sampled_from("xyz")
TERMS = st.builds(
    lambda namespace, number, age, key, guests, ports, backend: SharingTerms(
        ObjectKey(namespace, f"s{number}"), age, key, guests, ports, backend
    ),
    NAMESPACES,
    st.integers(0, 5),
    st.sampled_from("012"),
    st.sampled_from(["k", "k", "l", None]),
    st.none() | st.frozensets(NAMESPACES, max_size=2),
    st.frozensets(st.sampled_from([ServicePort("TCP", 80), ServicePort("TCP", 443), ServicePort("UDP", 80)])),
    st.sampled_from([None, None, (("app", "a"),)]),
)
ADDRESS = ip_address("10.0.0.1")
SIZE = 6


@given(
    steps=st.lists(st.tuples(st.integers(0, SIZE - 1), TERMS, st.booleans()), max_size=30),
    asks=TERMS.filter(lambda terms: terms.key is not None),
    below=st.none() | st.integers(0, SIZE),
)
def test_the_lowest_shareable_place_is_the_one_without_a_clash(steps, asks, below):
    """Whoever joined, changed its terms or left, lawfully or not."""
    sharers, occupancies = Sharers(SIZE), {place: Occupancy() for place in range(SIZE)}
    for place, terms, joins in steps:
        if terms.service == asks.service:
            continue
        occupancy = occupancies[place]
        change = occupancy.join(terms) if joins else occupancy.leave(terms.service)
        sharers.update(place, occupancy, change)
    found = (
        place
        for place, occupancy in occupancies.items()
        if occupancy.holders
        and clash(ADDRESS, occupancy, asks) is None
        and place < (SIZE if below is None else below)
    )
    assert min(found, default=None) == sharers.lowest(asks, below)
    owners = {place: occupancy.owner() for place, occupancy in occupancies.items()}
    with_key = (place for place, owner in owners.items() if owner and owner.key == asks.key)
    assert min(with_key, default=None) == sharers.lowest_with(asks.key)


@given(st.lists(st.tuples(TERMS, st.booleans()), max_size=20), TERMS)
def test_the_first_owner_is_the_oldest_of_the_others(steps, asks):
    """And a port belongs to whoever has it, however many came and went."""
    occupancy = Occupancy()
    for terms, joins in steps:
        if joins:
            occupancy.join(terms)
        else:
            occupancy.leave(terms.service)
    orders = [terms.order for key, terms in occupancy.holders.items() if key != asks.service]
    owner = occupancy.owner_for(asks.service)
    assert min(orders, default=None) == (owner.order if owner else None)
    everybody = [terms.order for terms in occupancy.holders.values()]
    assert min(everybody, default=None) == (oldest.order if (oldest := occupancy.owner()) else None)
    ports = {port for terms in occupancy.holders.values() for port in terms.ports}
    assert ports == set(occupancy.ports)
