"""The command line of the DNS daemon."""

from ipaddress import ip_address

import pytest

from mockcloud.dns.decide.names import parse as name
from mockcloud.dns.decide.views import Server
from mockcloud.dns.settings import parse, servers

NEEDED = ["--node-name", "node-1", "--node-ip", "192.168.10.11", "--kubeconfig", "/k"]


def test_what_is_not_said_is_as_kubeadm_has_it():
    """10.96.0.10 and cluster.local."""
    settings = parse(NEEDED)

    assert settings.cluster_dns == (ip_address("10.96.0.10"),)
    assert settings.cluster_domain == name("cluster.local")
    assert (settings.port, settings.descriptors, settings.upstream) == (1053, (), ())


def test_all_can_be_said():
    """Each option once."""
    settings = parse(
        [
            *("--node-name", "node-2", "--node-ip", "192.168.10.12,fd00:10::12", "--kubeconfig", "/k"),
            *("--port", "5353", "--fd", "7", "--fd", "8", "--cluster-dns", "10.96.0.10,fd00:10:96::a"),
            *(
                "--cluster-domain",
                "lab.example",
                "--upstream",
                "192.0.2.1,192.0.2.2:54",
                "--log-level",
                "DEBUG",
            ),
        ]
    )

    assert settings.node_ips == (ip_address("192.168.10.12"), ip_address("fd00:10::12"))
    assert (settings.port, settings.descriptors) == (5353, (7, 8))
    assert settings.cluster_domain == name("lab.example")
    assert settings.upstream == (Server(ip_address("192.0.2.1")), Server(ip_address("192.0.2.2"), 54))


@pytest.mark.parametrize(
    ("text", "server"),
    [
        pytest.param("192.0.2.1", Server(ip_address("192.0.2.1")), id="ipv4"),
        pytest.param("192.0.2.1:54", Server(ip_address("192.0.2.1"), 54), id="ipv4-port"),
        pytest.param("2001:db8::1", Server(ip_address("2001:db8::1")), id="ipv6"),
        pytest.param("[2001:db8::1]:54", Server(ip_address("2001:db8::1"), 54), id="ipv6-port"),
    ],
)
def test_an_upstream_is_written_in_the_usual_ways(text, server):
    """As in a Corefile."""
    assert servers(text) == (server,)


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        pytest.param(
            ["--node-ip", "10.0.0.1,10.0.0.2"], "at most one address of each family", id="two-of-one"
        ),
        pytest.param(["--node-ip", "x"], "--node-ip 'x'", id="no-address"),
        pytest.param(["--cluster-dns", "10.96.0.300"], "--cluster-dns", id="no-dns-address"),
        pytest.param(["--cluster-domain", "a..b"], "--cluster-domain 'a..b'", id="no-domain"),
        pytest.param(["--upstream", "example.com"], "expected IP, IP:PORT", id="upstream-name"),
        pytest.param(["--upstream", "1.2.3.4:99999"], "expected IP, IP:PORT", id="upstream-port"),
        pytest.param(["--port", "0"], "--port 0", id="port"),
        pytest.param(["--kubeconfig", ""], "--kubeconfig is missing", id="no-kubeconfig"),
    ],
)
def test_a_mistake_is_named(capsys, options, complaint):
    """Exit 2, with the option and what was expected."""
    with pytest.raises(SystemExit) as ended:
        parse([*NEEDED, *options])

    assert ended.value.code == 2
    assert complaint in capsys.readouterr().err
