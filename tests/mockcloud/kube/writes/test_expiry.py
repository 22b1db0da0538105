"""Which Events go, and when."""

from hypothesis import given
from hypothesis import strategies as st

from mockcloud.kube.storage.store import Change, Stored, Verb
from mockcloud.kube.writes import expiry
from mockcloud.kube.writes.expiry import MOST_BYTES, MOST_EVENTS, TTL_SECONDS, Expiry


def change(name: str, verb: Verb = Verb.ADDED, size: int = 100) -> Change:
    return Change("events", verb, ("default", name), Stored({}, b"x" * size, 1), None)


def test_an_event_goes_an_hour_after_it_was_last_written():
    """Each write begins the hour anew; a deleted one is forgotten."""
    book = Expiry()
    book.note(change("old"), 0.0)
    book.note(change("counted"), 1.0)
    book.note(change("gone"), 2.0)
    book.note(change("counted", Verb.MODIFIED), 1800.0)
    book.note(change("gone", Verb.DELETED), 1801.0)
    assert book.due(TTL_SECONDS - 1) == []
    assert book.due(TTL_SECONDS) == [("default", "old")]
    assert book.due(1800 + TTL_SECONDS) == [("default", "old"), ("default", "counted")]


def test_too_many_make_the_oldest_go():
    """Down to nine tenths, so that this is not done for each new one."""
    book = Expiry()
    for number in range(MOST_EVENTS + 1):
        book.note(change(f"e-{number}"), float(number) / 100)
    assert book.full
    gone = book.due(60.0)
    assert gone[0] == ("default", "e-0")
    assert len(gone) == MOST_EVENTS + 1 - MOST_EVENTS * 9 // 10


def test_large_ones_make_the_oldest_go_sooner():
    """Bytes are bounded, too."""
    book = Expiry()
    for number in range(9):
        book.note(change(f"e-{number}", size=1 << 20), float(number))
    assert book.full
    left = book.size - len(book.due(60.0)) * (1 << 20)
    assert left <= MOST_BYTES * expiry.ROOM


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(list(Verb)), st.integers(0, 9))))
def test_the_size_is_that_of_what_is_there(steps):
    """Whatever comes in whatever order."""
    book = Expiry()
    for at, (name, verb, size) in enumerate(steps):
        book.note(change(name, verb, size), float(at))
    assert book.size == sum(taken for _, taken in book.written.values())
    assert len(book.due(1e9)) == len(book.written)
