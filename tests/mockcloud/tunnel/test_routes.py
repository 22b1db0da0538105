"""This machine on a lab's network, where its addresses are nobody else's."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from mockcloud.lab.topology import LAN
from mockcloud.tunnel.routes import Route, in_the_way

# In a network of its own, which the test's machine does not see: a lab, and this machine's way to it.
ON_A_MACHINE = """
import os, subprocess, sys, urllib.request
from pyroute2 import IPRoute
from mockcloud.testing import LabFailed, lab

def links():
    with IPRoute() as ip:
        return {each.get_attr("IFLA_IFNAME") for each in ip.get_links()}

with IPRoute() as ip:
    ip.link("set", index=1, state="up")
with lab(options=("--nodes", "1")) as mine:
    mine.kubectl("create", "deployment", "web", "--image=nginx", "--port=80")
    mine.kubectl("expose", "deployment", "web", "--type=LoadBalancer")
    mine.wait_rolled_out("deployment/web")
    address = mine.wait_announced("web")
    words = [sys.executable, "-m", "mockcloud", "tunnel", "--name", mine.name, "--routes"]
    environment = {**mine.environment, "PYTHONUNBUFFERED": "1"}
    running = subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=environment)
    for line in running.stdout:
        if line.startswith("all that is there"):
            break
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    port = mine.get("service/web")["spec"]["ports"][0]["nodePort"]
    for url in (f"http://{address}/", f"http://192.168.10.11:{port}/"):
        assert b"Welcome to nginx" in opener.open(url, timeout=60).read(), url
    assert any(each.startswith("mc-") for each in links())
    running.terminate()
    running.communicate(timeout=60)
    assert not any(each.startswith("mc-") for each in links())
    with IPRoute() as ip:
        ip.link("add", ifname="office", kind="veth", peer="office-peer")
        index = ip.link_lookup(ifname="office")[0]
        ip.link("set", index=index, state="up")
        ip.addr("add", index=index, address="192.168.0.1", prefixlen=16)
    refused = subprocess.run(words, capture_output=True, text=True, env=environment, timeout=60)
    assert "192.168.0.0/16 is reached by office already" in refused.stderr, refused.stderr
print("all is well")
"""


@pytest.mark.netns
@pytest.mark.kubectl
@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give a machine an interface")
def test_the_very_addresses_answer_here():
    """By an interface that goes with the tunnel; not where the addresses are somebody's."""
    command = ["unshare", "--net", sys.executable, "-c", ON_A_MACHINE]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    assert done.stdout.endswith("all is well\n"), done.stderr


@pytest.mark.parametrize(
    ("network", "clashes"),
    [
        pytest.param("192.168.10.0/24", True, id="the same"),
        pytest.param("192.168.0.0/16", True, id="a larger one"),
        pytest.param("192.168.10.77/32", True, id="one host in it"),
        pytest.param("192.168.11.0/24", False, id="the next"),
        pytest.param("0.0.0.0/0", False, id="the default route"),
        pytest.param("fd00:10::/64", True, id="the same in IPv6"),
        pytest.param("fe80::/64", False, id="link-local"),
    ],
)
def test_whose_addresses_they_are(network, clashes):
    """Where a way leads there already, with whom it would clash is said."""
    assert in_the_way(LAN, [Route(network, "eth0")]) == (
        f"{network} is reached by eth0 already" if clashes else ""
    )
