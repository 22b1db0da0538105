"""A cable on which frames take their time."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mockcloud.faults.decide.late import MOST_BYTES, Cable


def test_a_frame_comes_out_after_the_delay():
    """And once."""
    cable = Cable(0.5)
    assert cable.next_at() is None
    cable.put(b"one", 1.0)
    cable.put(b"two", 1.25)
    assert cable.next_at() == 1.5
    assert cable.take(1.25) == []
    assert cable.take(1.5) == [b"one"]
    assert cable.next_at() == 1.75
    assert cable.take(9.0) == [b"two"]
    assert cable.take(9.0) == []


def test_what_comes_when_it_is_full_is_lost():
    """Until there is room again."""
    cable = Cable(1.0, room=4)
    cable.put(b"abc", 0.0)
    cable.put(b"de", 0.0)
    cable.put(b"f", 0.0)
    assert cable.take(1.0) == [b"abc", b"f"]
    cable.put(b"abcd", 1.0)
    assert cable.take(2.0) == [b"abcd"]


@given(st.lists(st.tuples(st.binary(max_size=9), st.floats(0, 3)), max_size=20), st.floats(0.001, 5))
def test_none_is_lost_and_none_overtakes_another(steps, delay):
    """Whatever the times, as long as there is room; and the room is there again in the end."""
    cable, now, found = Cable(delay), 0.0, []
    for frame, later in steps:
        now += later
        cable.put(frame, now)
        found += cable.take(now)
    found += cable.take(now + delay)
    assert found == [frame for frame, _ in steps]
    assert cable.room == MOST_BYTES
