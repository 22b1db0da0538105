"""nslookup, dig and host, asked of a small DNS server on loopback; what they print is what BIND's print."""

import socketserver
import threading

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest

from mockcloud.images.programs.tools import dig, host, nslookup
from mockcloud.images.programs.tools.asking import Resolv, candidates, read_resolv

DOMAIN = "default.svc.cluster.local."
RECORDS = {
    (f"web.{DOMAIN}", "A"): [(f"web.{DOMAIN}", "A", "10.96.1.2")],
    (f"db.{DOMAIN}", "A"): [(f"db.{DOMAIN}", "A", "10.244.1.5"), (f"db.{DOMAIN}", "A", "10.244.2.8")],
    (f"db.{DOMAIN}", "AAAA"): [(f"db.{DOMAIN}", "AAAA", "fd00::5")],
    (f"external-db.{DOMAIN}", "A"): [(f"external-db.{DOMAIN}", "CNAME", "db.example.com.")],
    (f"external-db.{DOMAIN}", "AAAA"): [(f"external-db.{DOMAIN}", "CNAME", "db.example.com.")],
    (f"_http._tcp.web.{DOMAIN}", "SRV"): [(f"_http._tcp.web.{DOMAIN}", "SRV", f"0 100 80 web.{DOMAIN}")],
    ("2.1.96.10.in-addr.arpa.", "PTR"): [("2.1.96.10.in-addr.arpa.", "PTR", f"web.{DOMAIN}")],
}


def answer(query):
    """The records of the name and type; NXDOMAIN for a name that is not there."""
    question = query.question[0]
    name, kind = question.name.to_text(), dns.rdatatype.to_text(question.rdtype)
    reply = dns.message.make_response(query)
    reply.flags |= dns.flags.AA
    for owner, record, data in RECORDS.get((name, kind), ()):
        reply.answer.append(dns.rrset.from_text(owner, 30, "IN", record, data))
    if name not in {known for known, _ in RECORDS}:
        reply.set_rcode(dns.rcode.NXDOMAIN)
    return reply


class Handler(socketserver.BaseRequestHandler):
    def handle(self):
        data, sock = self.request
        sock.sendto(answer(dns.message.from_wire(data)).to_wire(), self.client_address)


@pytest.fixture(scope="module")
def port():
    with socketserver.UDPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def resolv_conf(tmp_path, monkeypatch):
    """What a pod has."""
    path = tmp_path / "resolv.conf"
    path.write_text(
        "nameserver 127.0.0.1\nsearch default.svc.cluster.local svc.cluster.local cluster.local\n"
        "options ndots:5 timeout:1 attempts:1\n"
    )
    for module in (nslookup, dig, host):
        monkeypatch.setattr(module, "RESOLV_CONF", path)


@pytest.mark.parametrize(
    ("name", "code", "lines"),
    [
        pytest.param(
            "db",
            0,
            [
                "Name:\tdb.default.svc.cluster.local",
                "Address: 10.244.1.5",
                "Name:\tdb.default.svc.cluster.local",
                "Address: 10.244.2.8",
                "Name:\tdb.default.svc.cluster.local",
                "Address: fd00::5",
            ],
            id="headless",
        ),
        pytest.param(
            "external-db",
            0,
            ["external-db.default.svc.cluster.local\tcanonical name = db.example.com."],
            id="alias",
        ),
        pytest.param(
            "10.96.1.2", 0, ["2.1.96.10.in-addr.arpa\tname = web.default.svc.cluster.local."], id="reverse"
        ),
        pytest.param("nothing", 1, ["** server can't find nothing: NXDOMAIN"], id="no-such-name"),
    ],
)
def test_nslookup_prints_as_bind_does(capsys, port, name, code, lines):
    """Server and address first, then what was found."""
    assert nslookup.main([f"-port={port}", name]) == code
    printed = capsys.readouterr().out.splitlines()
    assert printed[:3] == ["Server:\t\t127.0.0.1", f"Address:\t127.0.0.1#{port}", ""]
    assert [line for line in printed[3:] if line] == lines


def test_nslookup_asks_for_other_types_and_of_other_servers(capsys, port):
    """-type=SRV, and a server by name."""
    assert nslookup.main(["-type=srv", f"-port={port}", "_http._tcp.web", "127.0.0.1"]) == 0
    srv = "_http._tcp.web.default.svc.cluster.local\tservice = 0 100 80 web.default.svc.cluster.local."
    assert srv in capsys.readouterr().out
    assert nslookup.main(["-type=NOPE", f"-port={port}", "web"]) == 1
    assert "NOPE" in capsys.readouterr().err
    assert nslookup.main([]) == 1


def test_nslookup_says_that_no_server_answers(capsys):
    """Nobody listens there."""
    assert nslookup.main(["-port=1", "-timeout=0.1", "web"]) == 1
    assert "no servers could be reached" in capsys.readouterr().out


def test_dig_prints_all_of_the_answer(capsys, port):
    """Status, flags, question, answer, and who gave it."""
    assert dig.main(["@127.0.0.1", "-p", str(port), "web.default.svc.cluster.local"]) == 0
    printed = capsys.readouterr().out
    assert "opcode: QUERY, status: NOERROR" in printed
    assert ";; flags: qr aa rd; QUERY: 1, ANSWER: 1, AUTHORITY: 0, ADDITIONAL: 1" in printed
    assert ";web.default.svc.cluster.local.\t\tIN\tA\n" in printed
    assert "web.default.svc.cluster.local.\t30\tIN\tA\t10.96.1.2\n" in printed
    assert f";; SERVER: 127.0.0.1#{port}(127.0.0.1) (UDP)\n" in printed


@pytest.mark.parametrize(
    ("words", "printed"),
    [
        (["+short", "db.default.svc.cluster.local"], "10.244.1.5\n10.244.2.8\n"),
        (["+short", "+search", "web"], "10.96.1.2\n"),
        (["+short", "web"], ""),
        (["+short", "-x", "10.96.1.2"], "web.default.svc.cluster.local.\n"),
        (["+short", "srv", "_http._tcp.web.default.svc.cluster.local."], f"0 100 80 web.{DOMAIN}\n"),
        (["+short", "_http._tcp.web.default.svc.cluster.local", "SRV"], f"0 100 80 web.{DOMAIN}\n"),
        (
            ["+noall", "+answer", "web.default.svc.cluster.local", "-t", "a"],
            f"web.{DOMAIN}\t30\tIN\tA\t10.96.1.2\n\n",
        ),
    ],
)
def test_dig_options(capsys, port, words, printed):
    """As guides use them."""
    assert dig.main(["-p", str(port), *words]) == 0
    assert capsys.readouterr().out == printed


def test_dig_without_an_answer(capsys):
    """dig's own exit code."""
    assert dig.main(["-p", "1", "+time=0.1", "web"]) == 9
    assert "no servers could be reached" in capsys.readouterr().out


def test_host_says_it_in_words(capsys, port, monkeypatch):
    """Addresses, aliases, and what is not there."""
    monkeypatch.setattr(host, "look_up", lambda *words: nslookup.look_up(*words, port=port))
    assert host.main(["web"]) == 0
    assert host.main(["external-db"]) == 0
    assert host.main(["10.96.1.2"]) == 0
    assert host.main(["nothing"]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "web.default.svc.cluster.local has address 10.96.1.2",
        "external-db.default.svc.cluster.local is an alias for db.example.com.",
        "2.1.96.10.in-addr.arpa domain name pointer web.default.svc.cluster.local.",
        "Host nothing not found: 3(NXDOMAIN)",
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", Resolv()),
        (
            "#\nnameserver 10.96.0.10\nnameserver fd00::a\nsearch a.b c\noptions ndots:5 edns0 timeout:x",
            Resolv(("10.96.0.10", "fd00::a"), ("a.b", "c"), 5),
        ),
        ("nameserver\ndomain x", Resolv(search=("x",))),
    ],
)
def test_resolv_conf(text, found):
    """What is not understood is passed over."""
    assert read_resolv(text) == found


@pytest.mark.parametrize(
    ("name", "tried"),
    [
        ("web", ["web.a.", "web.b.", "web."]),
        ("web.ns.svc", ["web.ns.svc.", "web.ns.svc.a.", "web.ns.svc.b."]),
        ("web.", ["web."]),
    ],
)
def test_search_lists(name, tried):
    """Names with enough dots are tried as they are first."""
    assert candidates(name, Resolv(search=("a", "b"), ndots=2)) == tried
