"""The heartbeat's datagram: what is packed is read again, and nothing else is read at all."""

from hmac import digest

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from baremetal_lb.decide.membership.uplinks import fitting
from baremetal_lb.model.membership import Beat, Echo, Ignored, MemberState, Record, Uplink
from baremetal_lb.wire.heartbeat import MOST, VERSION, Unreadable, pack, unpack

KEY, OTHER = b"k" * 32, b"o" * 32
U64 = st.integers(0, 2**64 - 1)
ECHOES = st.builds(Echo, U64, U64, st.integers(0, 2**32 - 1))
UPLINKS = st.builds(
    Uplink, st.text(max_size=15), st.binary(min_size=6, max_size=6), st.booleans(), st.booleans()
)
RECORDS = st.builds(
    Record,
    U64,
    U64,
    st.sampled_from(MemberState),
    st.frozensets(U64, max_size=49),
    st.lists(UPLINKS, max_size=12).map(lambda uplinks: tuple(fitting(uplinks))),
)
BEATS = st.builds(
    Beat,
    sender=st.text("abcdefghijklmnopqrstuvwxyz0123456789-.", min_size=1, max_size=253),
    incarnation=U64,
    stamp=U64,
    echo=st.none() | ECHOES,
    digest=U64,
    records=st.lists(RECORDS, max_size=1).map(tuple),
    answer=st.booleans(),
)
ETH0 = Uplink("eth0", b"\x02\0\0\0\0\x01")
RECORD = Record(7, 8, MemberState.ACTIVE, frozenset({9, 10}), (ETH0,))
SOME = Beat("node-1", 1, 2, Echo(3, 4, 5), 6, (RECORD,), True)


@given(BEATS)
def test_what_is_packed_is_read_again(beat: Beat) -> None:
    """Every field survives the way; a datagram fits any Ethernet."""
    datagram = pack(beat, KEY)
    assert len(datagram) <= MOST
    assert unpack(datagram, [OTHER, KEY]) == beat


@given(st.binary(max_size=200))
@example(b"")
@example(b"\x02" * 1500)
def test_noise_is_refused_with_a_reason(noise: bytes) -> None:
    """Whatever comes in, the answer is a reason to count."""
    with pytest.raises(Unreadable) as caught:
        unpack(noise, [KEY])
    assert caught.value.why in {Ignored.MALFORMED, Ignored.VERSION, Ignored.SIGNATURE}


@given(st.integers(0, len(pack(SOME, KEY)) - 1), st.integers(1, 255))
def test_any_changed_byte_is_noticed(at: int, change: int) -> None:
    """No byte of a datagram is outside the signature."""
    datagram = bytearray(pack(SOME, KEY))
    datagram[at] ^= change
    with pytest.raises(Unreadable):
        unpack(bytes(datagram), [KEY])


@pytest.mark.parametrize(
    ("datagram", "why"),
    [
        pytest.param(b"", Ignored.MALFORMED, id="empty"),
        pytest.param(b"\x01" + pack(SOME, KEY)[1:], Ignored.VERSION, id="an-earlier-version"),
        pytest.param(b"\x03" + pack(SOME, KEY)[1:], Ignored.VERSION, id="a-later-version"),
        pytest.param(pack(SOME, KEY)[:50], Ignored.MALFORMED, id="cut-short"),
        pytest.param(pack(SOME, OTHER), Ignored.SIGNATURE, id="another-key"),
        pytest.param(pack(SOME, KEY) + b"x", Ignored.SIGNATURE, id="something-after-it"),
    ],
)
def test_reason_fits_what_is_wrong(datagram: bytes, why: Ignored) -> None:
    """The metric's label says what to look for."""
    with pytest.raises(Unreadable) as caught:
        unpack(datagram, [KEY])
    assert caught.value.why is why


@given(st.binary(min_size=28, max_size=300))
def test_signed_nonsense_is_malformed_and_no_more(body: bytes) -> None:
    """Even one who has the key cannot make the reader fail otherwise."""
    body = bytes([VERSION]) + body
    read: object
    try:
        read = unpack(body + digest(KEY, body, "sha256"), [KEY])
    except Unreadable as exc:
        read = exc.why
    assert isinstance(read, Beat) or read is Ignored.MALFORMED
