"""The tree of places and ports, held against a plain search."""

from hypothesis import given
from hypothesis import strategies as st

from baremetal_lb.decide.ipam.usage.port_index import PortIndex
from baremetal_lb.model.services import ServicePort

PORTS = st.sets(st.integers(1, 4).map(lambda number: ServicePort("TCP", number)), max_size=3)


@given(
    size=st.integers(1, 2**70),
    contents=st.dictionaries(st.integers(0, 2**70), PORTS, max_size=30),
    gone=st.sets(st.integers(0, 29)),
    wanted=PORTS,
    below=st.none() | st.integers(0, 2**70),
)
def test_the_lowest_place_is_the_one_a_plain_search_finds(size, contents, gone, wanted, below):
    """Whatever came and went, for any ports and any limit."""
    index, plain = PortIndex(size), {}
    for at, (place, ports) in enumerate(contents.items()):
        place %= size
        if place in plain:
            continue
        index.add(place, ports)
        if at in gone:
            index.remove(place, ports)
        else:
            plain[place] = ports
    limit = size if below is None else below
    expected = min(
        (place for place, ports in plain.items() if place < limit and not ports & wanted), default=None
    )
    assert expected == index.lowest(wanted, below)
    assert len(index) == len(plain)


def test_ports_are_taken_and_released_in_place():
    """Without the place going out and coming in again."""
    index = PortIndex(300)
    http = ServicePort("TCP", 80)
    for place in (7, 200):
        index.add(place, [http])
    assert index.lowest([http]) is None
    index.release(200, http)
    assert index.lowest([http]) == 200
    index.take(200, http)
    assert index.lowest([http]) is None
    assert index.lowest([]) == 7
