"""What is kept, and for how long."""

from mockcloud.dns.serving.cache import AnswerCache
from mockcloud.dns.wire.prepared import Prepared

PREPARED = Prepared(b"", b"", b"", b"", 0, 0, 0, b"")


def test_an_answer_goes_with_any_name_that_it_depends_on():
    """A chain's answer falls with each of its links."""
    cache = AnswerCache()
    cache.put(b"key", PREPARED, frozenset({b"a", b"b"}))
    cache.put(b"other", PREPARED, frozenset({b"b"}))

    cache.forget([b"a", b"unknown"])

    assert cache.get(b"key") is None
    assert cache.get(b"other") is PREPARED


def test_the_oldest_goes_when_there_are_too_many():
    """Whatever is asked, memory has an end; nothing is left of what went."""
    cache = AnswerCache(most=3)
    for number in range(10):
        cache.put(b"%d" % number, PREPARED, frozenset({b"name-%d" % number}))

    assert len(cache) == 3
    assert cache.get(b"9") is PREPARED
    assert cache.get(b"6") is None
    assert set(cache._keys) == {b"name-7", b"name-8", b"name-9"}


def test_a_key_put_again_depends_on_the_new_names_only():
    """An answer made anew may have come another way."""
    cache = AnswerCache()
    cache.put(b"key", PREPARED, frozenset({b"old"}))
    cache.put(b"key", PREPARED, frozenset({b"new"}))

    cache.forget([b"old"])

    assert cache.get(b"key") is PREPARED


def test_all_can_go():
    """When all records have become known, what was said before counts no more."""
    cache = AnswerCache()
    cache.put(b"key", PREPARED, frozenset({b"a"}))

    cache.clear()
    cache.forget([b"a"])

    assert len(cache) == 0
