"""Proxies of the environment, as kubectl reads it."""

import pytest

from baremetal_lb.kube.client import Client
from baremetal_lb.kube.errors import ApiUnreachable, KubeconfigError
from baremetal_lb.kube.proxies import proxy_for, without_password
from baremetal_lb.kube.resources import NODES
from tests.baremetal_lb.fakes.flaky_api import FlakyApi

PROXY = "http://proxy:3128"


@pytest.mark.parametrize(
    ("server", "environment", "expected"),
    [
        pytest.param("https://api:6443", {}, None, id="none"),
        pytest.param("https://api:6443", {"HTTPS_PROXY": PROXY}, PROXY, id="https"),
        pytest.param("https://api:6443", {"https_proxy": PROXY}, PROXY, id="small-letters"),
        pytest.param(
            "https://api:6443", {"HTTPS_PROXY": PROXY, "https_proxy": "x"}, PROXY, id="large-letters-first"
        ),
        pytest.param("https://api:6443", {"HTTPS_PROXY": "proxy:3128"}, PROXY, id="no-scheme"),
        pytest.param("https://api:6443", {"HTTP_PROXY": PROXY}, None, id="other-scheme"),
        pytest.param("http://api:8080", {"HTTP_PROXY": PROXY}, PROXY, id="http"),
        pytest.param("https://api:6443", {"ALL_PROXY": PROXY}, None, id="all-proxy-is-curls"),
        pytest.param("https://127.0.0.1:6443", {"HTTPS_PROXY": PROXY}, None, id="loopback"),
        pytest.param("https://[::1]:6443", {"HTTPS_PROXY": PROXY}, None, id="loopback6"),
        pytest.param("https://localhost:6443", {"HTTPS_PROXY": PROXY}, None, id="localhost"),
    ],
)
def test_which_variable_counts(server, environment, expected):
    """By the server's scheme; the machine itself is never behind a proxy."""
    assert proxy_for(server, environment) == expected


@pytest.mark.parametrize(
    ("server", "no_proxy", "straight"),
    [
        pytest.param("https://10.1.2.3:6443", "10.0.0.0/8", True, id="cidr"),
        pytest.param("https://11.1.2.3:6443", "10.0.0.0/8", False, id="other-cidr"),
        pytest.param("https://10.1.2.3:6443", "10.0.0.0/99", False, id="no-cidr"),
        pytest.param("https://10.1.2.3:6443", "a, 10.1.2.3", True, id="address"),
        pytest.param("https://10.1.2.3:6443", "10.1.2.3:443", False, id="other-port"),
        pytest.param("https://10.1.2.3:6443", "10.1.2.3:6443", True, id="port"),
        pytest.param("https://[fd00::1]:6443", "fd00::1", True, id="address6"),
        pytest.param("https://[fd00::1]:6443", "[fd00::1]:6443", True, id="address6-port"),
        pytest.param("https://[fd00::1]:6443", "fd00::/64", True, id="cidr6"),
        pytest.param("https://api.lab.example", "example", True, id="domain"),
        pytest.param("https://api.lab.example", ".lab.example", True, id="below-a-domain"),
        pytest.param("https://lab.example", ".lab.example", False, id="not-the-domain-itself"),
        pytest.param("https://api.lab.example", "*.lab.example", True, id="star-domain"),
        pytest.param("https://api.lab.example", "ample", False, id="part-of-a-name"),
        pytest.param("https://api.lab.example", "*", True, id="star"),
    ],
)
def test_whom_no_proxy_names(server, no_proxy, straight):
    """Addresses, CIDRs, domains, and each with a port, as Go reads it; urllib knows no CIDRs."""
    proxy = proxy_for(server, {"HTTPS_PROXY": PROXY, "NO_PROXY": no_proxy})

    assert straight is (proxy is None)


def test_a_proxy_of_another_kind_is_refused():
    """With variable, value, and what to do."""
    with pytest.raises(
        KubeconfigError, match=r"HTTPS_PROXY is 'socks5://p:1'; expected .*, or api in NO_PROXY"
    ):
        proxy_for("https://api:6443", {"HTTPS_PROXY": "socks5://me:secret@p:1"})


def test_messages_show_no_password():
    """A proxy's URL may have one."""
    assert without_password("http://me:secret@proxy:3128") == PROXY


async def test_an_api_on_this_machine_is_reached_past_a_proxy(tmp_path, monkeypatch):
    """A lab's API is; kubectl reached it, and `baremetal-lb status` asked the proxy."""
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    api = FlakyApi()
    api.lists.append({"kind": "Node"})
    async with api.running(tmp_path) as kubeconfig, await Client.connect(kubeconfig) as client:
        assert await client.get(NODES, "n") == {"kind": "Node"}


async def test_a_proxy_that_does_not_answer_is_named(tmp_path, monkeypatch):
    """Else nobody knows why an address is in the message that no kubeconfig has."""
    monkeypatch.setenv("HTTP_PROXY", "http://me:secret@127.0.0.1:9")
    api = FlakyApi()
    async with api.running(tmp_path) as kubeconfig:
        kubeconfig.write_text(kubeconfig.read_text().replace("127.0.0.1", "api.lab.example"))
    async with await Client.connect(kubeconfig) as client:
        with pytest.raises(ApiUnreachable, match=r"through the proxy http://127\.0\.0\.1:9"):
            await client.get(NODES, "n")
