"""Hetzner's own command line, as Debian has it: older than hcloud for Python, and in another language."""

import json
import os
import shutil
import subprocess

import pytest

HCLOUD = shutil.which("hcloud")
pytestmark = pytest.mark.skipif(HCLOUD is None, reason="there is no hcloud: apt-get install hcloud-cli")


@pytest.fixture
def hcloud(cloud, tmp_path):
    """Runs a command line; gives what it prints, or `code` where it is to fail."""
    told = {"HCLOUD_ENDPOINT": cloud.hcloud_endpoint, "HCLOUD_TOKEN": cloud.token, "HOME": str(tmp_path)}

    def run(line, code=0):
        done = subprocess.run(
            [HCLOUD, *line.split()],
            env=os.environ | told,
            capture_output=True,
            text=True,
            check=False,
            timeout=20,
        )
        assert done.returncode == code, f"hcloud {line}: {done.stdout}{done.stderr}"
        return done.stderr if code else done.stdout

    return run


def test_a_balancers_life(hcloud):
    """As docs/cloud.md types it, and what else there is: all is done, told, and gone in the end."""
    for line in (
        "network create --name net --ip-range 10.0.0.0/16",
        "network add-subnet net --type cloud --network-zone eu-central --ip-range 10.0.1.0/24",
        "server create --name node-1 --type cx22 --image debian-12 --location fsn1 --network net"
        " --label role=node",
        "load-balancer create --name web --type lb11 --location fsn1 --label a=b",
        "load-balancer attach-to-network web --network net",
        "load-balancer add-service web --protocol tcp --listen-port 80 --destination-port 30080",
        "load-balancer update-service web --listen-port 80 --destination-port 30081"
        " --health-check-interval 5s",
        "load-balancer add-target web --server node-1 --use-private-ip",
        "load-balancer add-target web --label-selector role=node",
        "load-balancer change-algorithm web --algorithm-type least_connections",
        "load-balancer enable-protection web delete",
    ):
        hcloud(line)
    told = json.loads(hcloud("load-balancer describe web -o json"))
    addresses = hcloud("primary-ip list -o noheader -o columns=type,assignee").splitlines()
    assert [each.split() for each in addresses] == [[kind, "Server", "node-1"] for kind in ("ipv4", "ipv6")]
    (service,) = told["services"]
    assert (service["listen_port"], service["destination_port"]) == (80, 30081)
    assert service["health_check"]["interval"] == 5
    assert [each["type"] for each in told["targets"]] == ["server", "label_selector"]
    assert told["algorithm"]["type"] == "least_connections"
    assert "(protected)" in hcloud("load-balancer delete web", code=1)
    for line in (
        "load-balancer disable-protection web delete",
        "load-balancer remove-target web --server node-1",
        "load-balancer delete-service web --listen-port 80",
        "load-balancer delete web",
        "server poweroff node-1",
        "server delete node-1",
        "network delete net",
    ):
        hcloud(line)
    for kind in ("load-balancer", "server", "network", "primary-ip"):
        assert hcloud(f"{kind} list -o noheader") == ""


def test_what_is_offered_is_listed(hcloud):
    """Each list in columns that this client computes of fields which newer ones do not read."""
    for kind, first in (
        ("server-type", "cx22"),
        ("load-balancer-type", "lb11"),
        ("location", "fsn1"),
        ("datacenter", "fsn1-dc1"),
        ("image", "debian-12"),
    ):
        assert first in hcloud(f"{kind} list -o noheader").splitlines()[0].split()
    assert "volumes: this cloud does not have them (unsupported_error)" in hcloud("volume list", code=1)
