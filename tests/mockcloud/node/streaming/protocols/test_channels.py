"""Channels in all their versions, as tables."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockcloud.node.streaming.protocols.channels import (
    PROTOCOLS,
    V1,
    V1_BASE64,
    V4,
    V4_BASE64,
    V5,
    Channel,
    ChannelError,
    Closed,
    Message,
    Size,
    size,
)


@pytest.mark.parametrize(
    ("protocol", "message", "said"),
    [
        pytest.param(V5, b"\x00ls\n", Message(Channel.STDIN, b"ls\n"), id="v5-stdin"),
        pytest.param(V5, b"\xff\x00", Closed(Channel.STDIN), id="v5-closes-stdin"),
        pytest.param(V4, "\x00ls\n", Message(Channel.STDIN, b"ls\n"), id="v4-as-text"),
        pytest.param(V4, b"", None, id="empty"),
        pytest.param(V4, b"\x04{}", Message(Channel.RESIZE, b"{}"), id="resize"),
        pytest.param(V4_BASE64, "0bHM=", Message(Channel.STDIN, b"ls"), id="v4-base64"),
        pytest.param(V1_BASE64, b"0bHM=", Message(Channel.STDIN, b"ls"), id="v1-base64-as-bytes"),
        pytest.param(PROTOCOLS[""], b"\x00x", Message(Channel.STDIN, b"x"), id="unnamed"),
    ],
)
def test_what_clients_say(protocol, message, said):
    """Text or bytes, the channel first."""
    assert protocol.decode(message) == said


@pytest.mark.parametrize(
    ("protocol", "message", "why"),
    [
        pytest.param(V5, b"\x01x", "channel 1 is not one that a client writes to", id="stdout"),
        pytest.param(V5, b"\x07x", "channel 7", id="unknown"),
        pytest.param(V4, b"\xff\x00", "channel 255", id="no-close-before-v5"),
        pytest.param(V5, b"\xff", "channel none is to be closed", id="close-of-nothing"),
        pytest.param(V5, b"\xff\x01", "channel 01 is to be closed", id="close-of-stdout"),
        pytest.param(V4_BASE64, "0***", "not base64", id="no-base64"),
        pytest.param(V4_BASE64, "\x00bHM=", "channel -48", id="binary-channel-in-base64"),
    ],
)
def test_what_makes_no_sense_is_refused_with_the_reason(protocol, message, why):
    """The connection is closed with it."""
    with pytest.raises(ChannelError, match=why):
        protocol.decode(message)


@given(st.sampled_from(list(PROTOCOLS.values())), st.binary(max_size=300))
def test_what_is_encoded_is_read_back(protocol, data):
    """In every version, whatever the bytes."""
    assert protocol.decode(protocol.encode(Channel.STDIN, data)) == Message(Channel.STDIN, data)


@given(st.sampled_from(list(PROTOCOLS.values())), st.one_of(st.binary(max_size=50), st.text(max_size=50)))
def test_garbage_is_refused_as_such(protocol, message):
    """ChannelError is the only way out."""
    with contextlib.suppress(ChannelError):
        protocol.decode(message)


@pytest.mark.parametrize(
    ("protocol", "code", "said"),
    [
        pytest.param(V5, 0, {"metadata": {}, "status": "Success"}, id="success"),
        pytest.param(
            V4,
            3,
            {
                "metadata": {},
                "status": "Failure",
                "message": "command terminated with non-zero exit code: exit status 3",
                "reason": "NonZeroExitCode",
                "details": {"causes": [{"reason": "ExitCode", "message": "3"}]},
            },
            id="failure",
        ),
    ],
)
def test_the_end_is_a_status(protocol, code, said):
    """As kubectl and client libraries find the exit code in it."""
    assert json.loads(protocol.status(code)) == said


def test_the_first_version_says_the_end_in_words():
    """Nothing for success."""
    assert V1.status(0) == b""
    assert V1.status(3) == b"command terminated with non-zero exit code: exit status 3"
    assert V1.failure("no such program") == b"Internal error occurred: no such program"


def test_a_program_that_was_not_run_is_an_internal_error():
    """kubectl prints the message as it is."""
    said = json.loads(V5.failure("no such program"))
    assert (said["reason"], said["code"]) == ("InternalError", 500)
    assert said["message"] == "Internal error occurred: no such program"


def test_a_terminals_size():
    """JSON with Go's names."""
    assert size(b'{"Width":120,"Height":40}\n') == Size(120, 40)


@pytest.mark.parametrize(
    "data",
    [
        *(b"", b"{", b"[]", b"null", b"\xff", b'{"Width":1}', b'{"Width":"x","Height":1}'),
        *(b'{"Width":-1,"Height":1}', b'{"Width":65536,"Height":1}'),
    ],
)
def test_what_is_no_size_is_refused(data):
    """Never a crash, and never an absurd terminal."""
    with pytest.raises(ChannelError):
        size(data)
