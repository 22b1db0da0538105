"""What others know, asked over real sockets from a server that the test plays."""

import asyncio
import socket
from ipaddress import ip_address

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest

from mockcloud.dns.decide.views import Server
from mockcloud.dns.serving import upstream
from mockcloud.dns.serving.responder import Responder, UpstreamQuery
from mockcloud.dns.serving.upstream import Upstream

OUTSIDE = "outside.default.svc.cluster.local"
TARGET = "api.example.com."


class Played(asyncio.DatagramProtocol):
    """An upstream with one record, that does as the test wants."""

    def __init__(self):
        self.asked = []
        self.silent = False
        self.before = []  # what it says before its answer, given the question
        self.rcode = dns.rcode.NOERROR
        self.addresses = ["192.0.2.53"]

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, addr):
        self.asked.append(data)
        if not self.silent:
            for lie in self.before:
                self.transport.sendto(lie(data), addr)
            self.transport.sendto(self.answer(data), addr)

    def answer(self, data):
        query = dns.message.from_wire(data)
        response = dns.message.make_response(query, recursion_available=True)
        response.set_rcode(self.rcode)
        if self.rcode == dns.rcode.NOERROR:
            name = query.question[0].name
            response.answer.append(dns.rrset.from_text(name, 60, "IN", "A", *self.addresses))
        return response.to_wire()

    async def stream(self, reader, writer):
        data = await reader.readexactly(int.from_bytes(await reader.readexactly(2)))
        self.asked.append(data)
        answer = self.answer(data)
        writer.write(len(answer).to_bytes(2) + answer)
        writer.close()


@pytest.fixture
async def played(socket_pair):
    datagrams, listener = socket_pair()
    loop = asyncio.get_running_loop()
    transport, server = await loop.create_datagram_endpoint(Played, sock=datagrams)
    server.port = datagrams.getsockname()[1]
    listening = await asyncio.start_server(server.stream, sock=listener)
    yield server
    listening.close()
    transport.close()


async def asked(cluster, query, *ports, stream=False):
    """The reply to the query, with upstreams on these ports."""
    responder = Responder(cluster.zone, upstream=True)
    errand = responder.reply(query.to_wire(), stream=stream)
    assert isinstance(errand, UpstreamQuery)
    servers = tuple(Server(ip_address("127.0.0.1"), port) for port in ports)
    reply = await Upstream(servers, responder).do(errand)
    response = dns.message.from_wire(reply)
    assert query.is_response(response)
    return response


def closed_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wire:
        wire.bind(("127.0.0.1", 0))
        return wire.getsockname()[1]


@pytest.mark.parametrize("stream", [False, True], ids=["udp", "tcp"])
async def test_a_name_outside_is_passed_on(cluster, played, stream):
    """The question as it is but for its id; the answer as it comes, under the client's id."""
    query = dns.message.make_query("www.Example.com", "A", use_edns=0, payload=1400)

    response = await asked(cluster, query, played.port, stream=stream)

    assert [str(each) for each in response.answer[0]] == ["192.0.2.53"]
    assert played.asked[0][2:] == query.to_wire()[2:]


@pytest.mark.parametrize("stream", [False, True], ids=["udp", "tcp"])
async def test_an_alias_to_the_outside_is_completed(cluster, played, stream):
    """The specification's own example: the CNAME is ours, the address is theirs."""
    response = await asked(cluster, dns.message.make_query(OUTSIDE, "A"), played.port, stream=stream)

    assert [(str(each.name), str(each[0])) for each in response.answer] == [
        (f"{OUTSIDE}.", TARGET),
        (TARGET, "192.0.2.53"),
    ]
    assert response.flags & dns.flags.RA


async def test_an_alias_to_nothing_is_nothing(cluster, played):
    """The code of the chain's end is the answer's (RFC 6604)."""
    played.rcode = dns.rcode.NXDOMAIN

    response = await asked(cluster, dns.message.make_query(OUTSIDE, "A"), played.port)

    assert response.rcode() == dns.rcode.NXDOMAIN
    assert len(response.answer) == 1


async def test_a_completed_answer_fits_into_what_the_client_takes(cluster, played):
    """Else it is cut, and says so."""
    played.addresses = [f"192.0.2.{number}" for number in range(1, 60)]

    response = await asked(cluster, dns.message.make_query(OUTSIDE, "A"), played.port)

    assert response.flags & dns.flags.TC
    assert len(response.to_wire()) <= 512


@pytest.mark.parametrize(
    "lie",
    [
        pytest.param(lambda data: b"", id="nothing"),
        pytest.param(lambda data: bytes([data[0] ^ 1]) + data[1:], id="another-id"),
        pytest.param(lambda data: data, id="the-question-itself"),
        pytest.param(
            lambda data: data[:2] + b"\x81\x80" + data[4:13] + b"x" + data[14:], id="another-question"
        ),
        pytest.param(lambda data: data[:2] + b"\x81\x80", id="half-a-header"),
    ],
)
async def test_a_reply_to_something_else_is_not_taken(cluster, played, lie):
    """Whoever guesses must guess all of it (RFC 5452)."""
    played.before = [lie]

    response = await asked(cluster, dns.message.make_query("www.example.com", "A"), played.port)

    assert [str(each) for each in response.answer[0]] == ["192.0.2.53"]


async def test_the_next_is_asked_where_one_is_away(cluster, played):
    """A closed port says so at once."""
    response = await asked(
        cluster, dns.message.make_query("www.example.com", "A"), closed_port(), played.port
    )

    assert response.answer


@pytest.mark.parametrize("name", ["www.example.com", OUTSIDE])
async def test_where_nobody_answers_that_is_no_proof_that_there_is_nothing(
    cluster, played, monkeypatch, name
):
    """SERVFAIL: a client may ask again."""
    monkeypatch.setattr(upstream, "PATIENCE", 0.05)
    played.silent = True

    response = await asked(cluster, dns.message.make_query(name, "A"), played.port, closed_port())

    assert response.rcode() == dns.rcode.SERVFAIL
    assert len(played.asked) == 1


async def test_there_is_a_most_of_errands(cluster, played, monkeypatch):
    """Past that REFUSED, as CoreDNS' max_concurrent."""
    monkeypatch.setattr(upstream, "MOST_UNDER_WAY", 0)

    response = await asked(cluster, dns.message.make_query("www.example.com", "A"), played.port)

    assert response.rcode() == dns.rcode.REFUSED
    assert played.asked == []
