"""The SPDY/3.1 framer: known bytes, round trips in any pieces, and bytes of no good will."""

import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockcloud.node.streaming.protocols.spdy import (
    MOST_CONTROL,
    MOST_HEADERS,
    Data,
    FrameReader,
    FrameWriter,
    GoAway,
    Ping,
    Reset,
    SpdyError,
    SynReply,
    SynStream,
)
from mockcloud.node.streaming.protocols.spdy_dictionary import DICTIONARY

IDS = st.integers(1, 0x7FFF_FFFF)
NUMBERS = st.integers(0, 0xFFFF_FFFF)
TEXTS = st.text(st.characters(blacklist_categories=("Cs",)), max_size=40)
HEADERS = st.dictionaries(TEXTS.filter(bool), TEXTS, max_size=8)
FRAMES = st.one_of(
    st.builds(SynStream, IDS, HEADERS, st.booleans()),
    st.builds(SynReply, IDS, HEADERS),
    st.builds(Data, IDS, st.binary(min_size=1, max_size=200), st.booleans()),
    st.builds(Reset, IDS, NUMBERS),
    st.builds(Ping, NUMBERS),
    st.builds(GoAway, IDS, NUMBERS),
)


def merged(frames):
    """Frames with the parts of one data frame joined again."""
    found = []
    for frame in frames:
        before = found[-1] if found else None
        match before, frame:
            case Data(stream, data, False), Data(other, more, fin) if stream == other:
                found[-1] = Data(stream, data + more, fin)
            case _:
                found.append(frame)
    return found


def test_the_dictionary_is_the_drafts():
    """1423 bytes with the checksum that every SPDY/3 peer names in its first header block."""
    assert len(DICTIONARY) == 1423
    assert zlib.adler32(DICTIONARY) == 0xE3C6A7C2


@pytest.mark.parametrize(
    ("frame", "hexes"),
    [
        pytest.param(Data(1, b"hi"), "00000001 00000002 6869", id="data"),
        pytest.param(Data(3, b"", fin=True), "00000003 01000000", id="fin"),
        pytest.param(Reset(5, 5), "80030003 00000008 00000005 00000005", id="reset"),
        pytest.param(Ping(7), "80030006 00000004 00000007", id="ping"),
        pytest.param(GoAway(9, 0), "80030007 00000008 00000009 00000000", id="goaway"),
    ],
)
def test_frames_have_the_drafts_bytes(frame, hexes):
    """Both ways, against bytes written down from the draft's pictures."""
    content = bytes.fromhex(hexes)
    assert FrameWriter().encode(frame) == content
    assert list(FrameReader().feed(content)) == [frame]


def test_a_header_block_names_the_dictionary_and_stays_open():
    """The zlib stream goes on over all blocks, so the second one is far shorter."""
    writer, headers = FrameWriter(), {"streamtype": "error", "port": "80", "requestid": "0"}
    first, second = (writer.encode(SynStream(number, headers)) for number in (1, 3))
    assert first[18:24] == b"\x78\xbb\xe3\xc6\xa7\xc2"
    assert len(second) < len(first)
    reader = FrameReader()
    assert [*reader.feed(first), *reader.feed(second)] == [SynStream(1, headers), SynStream(3, headers)]


@given(st.lists(FRAMES, max_size=8), st.data())
def test_any_frames_come_through_in_any_pieces(frames, data):
    """However TCP and WebSocket messages cut them."""
    writer, reader = FrameWriter(), FrameReader()
    content = b"".join(writer.encode(frame) for frame in frames)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(content)), max_size=6)))
    pieces = [content[start:end] for start, end in zip([0, *cuts], [*cuts, len(content)], strict=True)]
    found = [frame for piece in pieces for frame in reader.feed(piece)]
    assert merged(found) == merged(frames)


@given(st.lists(st.binary(max_size=100), max_size=5))
def test_garbage_is_refused_or_waited_for_never_worse(pieces):
    """SpdyError is the only way out."""
    reader = FrameReader()
    try:
        for piece in pieces:
            list(reader.feed(piece))
    except SpdyError:
        pass


@given(st.binary(max_size=60))
def test_garbage_in_a_header_block_is_refused(block):
    """Whatever stands where compressed headers should."""
    content = struct.pack(">HHI", 0x8003, 1, 10 + len(block)) + bytes(10) + block
    reader = FrameReader()
    try:
        frames = list(reader.feed(content))
    except SpdyError:
        return
    assert all(isinstance(frame, SynStream) for frame in frames)


def packed(plain):
    deflater = zlib.compressobj(zdict=DICTIONARY)
    block = deflater.compress(plain) + deflater.flush(zlib.Z_SYNC_FLUSH)
    return struct.pack(">HHI", 0x8003, 2, 4 + len(block)) + struct.pack(">I", 1) + block


@pytest.mark.parametrize(
    ("content", "why"),
    [
        pytest.param(struct.pack(">HHI", 0x8002, 6, 4), "SPDY version 2", id="old-version"),
        pytest.param(struct.pack(">HHI", 0x8003, 1, MOST_CONTROL + 1), "control frame of", id="long"),
        pytest.param(packed(bytes(MOST_HEADERS * 20)), "headers of more than", id="bomb"),
        pytest.param(packed(struct.pack(">II", 1, 0x7FFF_FFFF)), "does not fit", id="long-name"),
        pytest.param(packed(struct.pack(">I", 5)), "damaged", id="more-headers-than-there-are"),
        pytest.param(packed(struct.pack(">III", 1, 0, 0)), "is empty or there twice", id="no-name"),
        pytest.param(packed(b"\0\0\0\2" + b"\0\0\0\1a\0\0\0\1b" * 2), "there twice", id="twice"),
        pytest.param(packed(b"\0\0\0\1\0\0\0\1\xff\0\0\0\0"), "damaged", id="no-text"),
        pytest.param(bytes.fromhex("80030003 00000002 0000"), "damaged", id="short-reset"),
    ],
)
def test_hostile_frames_are_refused_with_the_reason(content, why):
    """Sizes are bounded, and what cannot be followed is said."""
    with pytest.raises(SpdyError, match=why):
        list(FrameReader().feed(content))


@pytest.mark.parametrize(
    "hexes",
    [
        pytest.param("80030004 00000004 00000000", id="settings"),
        pytest.param("80030009 00000008 00000001 00010000", id="window-update"),
        pytest.param("80037fff 00000001 00", id="unknown"),
    ],
)
def test_frames_that_mean_nothing_here_are_passed_over(hexes):
    """spdystream keeps no windows; the next frame is read as ever."""
    assert list(FrameReader().feed(bytes.fromhex(hexes) + FrameWriter().encode(Ping(1)))) == [Ping(1)]


def test_a_frame_holds_no_more_than_24_bits_say():
    """Who writes must cut."""
    with pytest.raises(ValueError, match="expected at most 16777215"):
        FrameWriter().encode(Data(1, bytes(1 << 24)))
