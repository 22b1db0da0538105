"""Port-forwarding as a conversation: what kubectl says, what is to be done."""

import pytest

from mockcloud.node.streaming.protocols.spdy import (
    Data,
    FrameReader,
    FrameWriter,
    GoAway,
    Ping,
    Reset,
    ResetStatus,
    SynReply,
    SynStream,
)
from mockcloud.node.streaming.protocols.tunnel import (
    MOST_PAIRS,
    Abandon,
    Connect,
    Deliver,
    Finish,
    HangUp,
    Send,
    Tunnel,
)


class Kubectl:
    """The other end: frames in, frames and commands out."""

    def __init__(self):
        self.tunnel, self.writer, self.reader = Tunnel(), FrameWriter(), FrameReader()

    def read(self, commands):
        """Commands, those that send replaced by the frames that they send."""
        found = []
        for command in commands:
            found += self.reader.feed(command.data) if isinstance(command, Send) else [command]
        return found

    def says(self, *frames):
        return self.read(self.tunnel.received(b"".join(self.writer.encode(frame) for frame in frames)))

    def opens(self, number=0, port="80"):
        """A pair as kubectl opens it: streams 4n+1 (error) and 4n+3 (data)."""
        error, data = 4 * number + 1, 4 * number + 3
        headers = {"port": port, "requestid": str(number)}
        said = self.says(SynStream(error, {"streamtype": "error", **headers}), Data(error, b"", fin=True))
        return said + self.says(SynStream(data, {"streamtype": "data", **headers}))


@pytest.fixture
def kubectl():
    return Kubectl()


def test_a_connection_from_its_first_byte_to_its_last(kubectl):
    """Both streams are accepted, bytes go both ways, the pod's end closes both streams."""
    assert kubectl.opens() == [SynReply(1, {}), SynReply(3, {}), Connect(3, 80)]
    assert kubectl.says(Data(3, b"GET /")) == [Deliver(3, b"GET /")]
    assert kubectl.read(kubectl.tunnel.answered(3, b"200 OK")) == [Data(3, b"200 OK")]
    assert kubectl.says(Data(3, b"", fin=True)) == [Finish(3)]
    assert kubectl.read(kubectl.tunnel.ended(3)) == [Data(1, b"", fin=True), Data(3, b"", fin=True)]
    assert kubectl.says(Reset(3, ResetStatus.CANCEL)) == [], "kubectl resets what is over, too"
    assert kubectl.tunnel.answered(3, b"late") == []


def test_a_failure_is_said_on_the_error_stream(kubectl):
    """Its text comes before the end of the data."""
    kubectl.opens()
    said = kubectl.read(kubectl.tunnel.ended(3, "nobody listens"))
    assert said == [Data(1, b"nobody listens", fin=True), Data(3, b"", fin=True)]


def test_a_client_that_gives_up_gets_the_end_of_the_error_stream(kubectl):
    """kubectl waits for that after a reset; the pod's connection is dropped."""
    kubectl.opens()
    assert kubectl.says(Reset(3, ResetStatus.CANCEL)) == [Abandon(3), Data(1, b"", fin=True)]
    assert kubectl.tunnel.ended(3) == []


def test_connections_stand_beside_each_other(kubectl):
    """One tunnel, two pairs, two ports."""
    kubectl.opens(0)
    assert kubectl.opens(1, "81")[-1] == Connect(7, 81)
    assert kubectl.says(Data(3, b"a"), Data(7, b"b")) == [Deliver(3, b"a"), Deliver(7, b"b")]


def test_clients_before_1_2_name_no_request(kubectl):
    """The data stream follows its error stream."""
    kubectl.says(SynStream(1, {"streamtype": "error", "port": "80"}))
    assert kubectl.says(SynStream(3, {"streamtype": "data", "port": "80"}))[-1] == Connect(3, 80)


def test_what_ends_before_it_begins_is_finished_after(kubectl):
    """A data stream that is opened with FIN."""
    kubectl.says(SynStream(1, {"streamtype": "error", "port": "80", "requestid": "0"}))
    opened = SynStream(3, {"streamtype": "data", "port": "80", "requestid": "0"}, fin=True)
    assert kubectl.says(opened)[1:] == [Connect(3, 80), Finish(3)]


def test_pings_come_back_and_farewells_are_heard(kubectl):
    """A ping of our own number would be an answer: it is not sent back."""
    assert kubectl.says(Ping(1), Ping(2), GoAway(0)) == [Ping(1)]


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({}, id="none"),
        pytest.param({"streamtype": "data"}, id="no-port"),
        pytest.param({"streamtype": "data", "port": "0"}, id="port-0"),
        pytest.param({"streamtype": "data", "port": "65536"}, id="port-too-high"),
        pytest.param({"streamtype": "data", "port": "0" * 9 + "1"}, id="port-of-many-digits"),
        pytest.param({"streamtype": "data", "port": "http"}, id="port-by-name"),
        pytest.param({"streamtype": "data", "port": "²"}, id="port-of-other-digits"),
        pytest.param({"streamtype": "stdin", "port": "80"}, id="other-type"),
    ],
)
def test_a_stream_that_asks_for_nothing_sensible_is_reset(kubectl, headers):
    """The tunnel goes on."""
    assert kubectl.says(SynStream(1, headers)) == [Reset(1, ResetStatus.PROTOCOL_ERROR)]
    assert kubectl.says(Ping(1)) == [Ping(1)]


def test_a_second_stream_of_a_kind_is_reset(kubectl):
    """A pair has one of each."""
    error = {"streamtype": "error", "port": "80", "requestid": "0"}
    said = kubectl.says(SynStream(1, error), SynStream(3, error))
    assert said == [SynReply(1, {}), Reset(3, ResetStatus.PROTOCOL_ERROR)]


def test_there_is_a_most(kubectl):
    """Streams whose other half never comes count, too."""
    for number in range(MOST_PAIRS):
        kubectl.says(
            SynStream(2 * number + 1, {"streamtype": "error", "port": "80", "requestid": str(number)})
        )
    refused = SynStream(2 * MOST_PAIRS + 1, {"streamtype": "error", "port": "80", "requestid": "x"})
    assert kubectl.says(refused) == [Reset(2 * MOST_PAIRS + 1, ResetStatus.REFUSED_STREAM)]


@pytest.mark.parametrize("stream", [pytest.param(2, id="even"), pytest.param(1, id="used")])
def test_a_stream_of_an_impossible_number_ends_the_tunnel(kubectl, stream):
    """Odd and rising, or the client is lost."""
    kubectl.opens()
    (said,) = kubectl.says(SynStream(stream, {}))
    assert isinstance(said, HangUp)


def test_bytes_that_are_no_spdy_end_the_tunnel_with_the_reason(kubectl):
    """What was understood before is still carried out."""
    ping = kubectl.writer.encode(Ping(1))
    said = kubectl.read(kubectl.tunnel.received(ping + b"\x80\x09" + bytes(8)))
    assert said == [Ping(1), HangUp("SPDY version 9: expected 3")]


def test_data_for_unknown_streams_is_passed_over(kubectl):
    """It may have been on its way when the stream ended."""
    assert kubectl.says(Data(9, b"x"), Reset(9, 1)) == []
