"""HAProxy's configuration."""

from ipaddress import ip_address

import pytest

from mockcloud.cloud.core.forwarding import Cookie, Speaks
from mockcloud.cloud.core.values import Algorithm
from mockcloud.edge.decide.haproxy_config import COMMON, proxied
from mockcloud.haproxy.configuration import Server, text
from tests.mockcloud.edge.decide.ports import backend, port, translated

A, B = backend(1), backend(2)


def the(one, certificates=None):
    (found,) = proxied([one], certificates or {}).values()
    return found


def test_a_port_of_tcp():
    """Its addresses, its idle time, how it chooses; each target by its address and port."""
    found = the(port(A, B, addresses=(ip_address("198.18.0.4"), ip_address("2001:db8::1")), idle=90.0))
    assert found.lines == (
        "listen b1001-80",
        "  mode tcp",
        "  bind 198.18.0.4:80",
        "  bind [2001:db8::1]:80 v6only",
        "  timeout client 90s",
        "  timeout server 90s",
        "  balance roundrobin",
    )
    assert found.servers["t10.0.0.1-30080"] == Server("t10.0.0.1-30080", "10.0.0.1:30080", takes=True)


@pytest.mark.parametrize(
    ("more", "line"),
    [
        pytest.param({"algorithm": Algorithm.LEAST_CONNECTIONS}, "  balance leastconn", id="least"),
        pytest.param({"sticks_to_source": True}, "  balance source", id="by-source"),
        pytest.param({"speaks": Speaks.HTTP}, "  option forwardfor", id="client-in-a-header"),
        pytest.param(
            {"speaks": Speaks.HTTP, "cookie": Cookie("MINE", 60)},
            "  cookie MINE insert indirect nocache dynamic maxlife 60s",
            id="cookie",
        ),
        pytest.param(
            {"speaks": Speaks.HTTP, "redirect": 443},
            "  http-request redirect code 301 location https://%[hdr(host),field(1,:)]%[capture.req.uri]",
            id="redirect",
        ),
        pytest.param(
            {"speaks": Speaks.HTTP, "redirect": 8443},
            "  http-request redirect code 301 location https://%[hdr(host),field(1,:)]:8443%[capture.req.uri]",
            id="redirect-to-another-port",
        ),
        pytest.param(
            {"speaks": Speaks.HTTPS, "certificates": (7,)}, "  bind 198.18.0.4:80 ssl crt /c/7.pem", id="tls"
        ),
    ],
)
def test_options(more, line):
    """Each option is its own line."""
    assert line in the(port(A, **more), {7: "/c/7.pem"}).lines


@pytest.mark.parametrize(
    ("target", "more", "words"),
    [
        pytest.param(A, {"proxy_protocol": 1}, "10.0.0.1:30080 send-proxy", id="proxy-protocol-1"),
        pytest.param(A, {"proxy_protocol": 2}, "10.0.0.1:30080 send-proxy-v2", id="proxy-protocol-2"),
        pytest.param(
            backend(1, source=ip_address("10.0.1.2")), {}, "10.0.0.1:30080 source 10.0.1.2", id="source"
        ),
        pytest.param(
            backend(1, source=ip_address("2001:db8::1")), {}, "10.0.0.1:30080", id="source-of-another-family"
        ),
    ],
)
def test_what_targets_see(target, more, words):
    """The balancer's address, and the client's in a header before all else where that is wanted."""
    (server,) = the(port(target, **more)).servers.values()
    assert server.words == words


def test_left_out():
    """What is translated is another's, and TLS without a certificate cannot be served."""
    assert proxied([translated(A), port(A, speaks=Speaks.HTTPS, certificates=(7,))], {}) == {}


def test_who_takes_no_connections_is_disabled():
    """From the first moment on."""
    found = text(proxied([port(A, B, takers=(B,))], {}).values(), COMMON, 5)
    assert "  server t10.0.0.1-30080 10.0.0.1:30080 disabled\n" in found
    assert found.endswith("  server t10.0.0.2-30080 10.0.0.2:30080\n")
    assert "stats socket fd@5 level admin expose-fd listeners" in found
