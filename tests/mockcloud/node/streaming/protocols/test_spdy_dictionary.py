"""The dictionary by its parts."""

from mockcloud.node.streaming.protocols.spdy_dictionary import DICTIONARY


def test_words_stand_after_their_lengths():
    """The first word and the one with a space."""
    assert DICTIONARY.startswith(b"\0\0\0\7options\0\0\0\4head")
    assert b"\0\0\0\x06200 OK" in DICTIONARY
