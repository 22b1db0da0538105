"""Which daemons a lab has, and what they are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from mockcloud.lab.components import registry
from mockcloud.lab.components.component import STAGES
from mockcloud.lab.plan import MOST_NODES, Plan
from mockcloud.lab.state import LabFolder

FOLDER = LabFolder("default", Path("/state/default"))


def lab(*asked, **options):
    return registry.make_lab(Plan(*asked, **options), FOLDER)


def daemons(*asked, **options):
    return registry.daemons(lab(*asked, **options))


def names(provider, nodes=2, *, ipv6=False):
    return [daemon.name for daemon in daemons(nodes, provider, ipv6=ipv6)]


def test_a_baremetal_lab_has_the_balancer_installed():
    """Its daemons are pods; the lab's are what installs them, and the interpreter that has their program."""
    assert names("baremetal") == [
        *("network", "kube", "controllers", "node-1", "node-2", "dns-node-1", "dns-node-2"),
        *("lb-interpreter", "lb-install"),
    ]


def test_without_a_provider_nothing_gives_addresses():
    """`--provider none` leaves LoadBalancer Services pending, as a cluster without a cloud does."""
    assert names("none") == [
        *("network", "kube", "controllers", "node-1", "node-2", "dns-node-1", "dns-node-2")
    ]


def test_a_lab_in_a_cloud_is_up_when_its_nodes_are_initialized():
    """By the controller in the box: where its place is left free, nobody is waited for."""
    common = [*("network", "kube", "controllers", "node-1", "node-2", "dns-node-1", "dns-node-2"), "cloud"]
    assert names("cloud") == [*common, "cloud-controller-manager", "cloud-nodes"]
    free = daemons(2, "cloud", ipv6=False, ccm="none")
    assert [each.name for each in free] == common


def test_ipv6_reaches_services_pods_and_the_pool():
    """`--ipv6` makes everything dual stack that has addresses."""
    told = {daemon.name: " ".join(daemon.argv) for daemon in daemons(1, "baremetal", True)}

    assert "10.96.0.0/16,fd00:10:96::/112" in told["kube"]
    assert "10.244.1.0/24,fd00:10:244:1::/64" in told["node-1"]
    assert "--uplink eth0=192.168.10.11/24,fd00:10::11/64" in told["node-1"]
    assert "fd00:10::200-fd00:10::250" in told["lb-install"]
    assert "--cluster-dns 10.96.0.10,fd00:10:96::a" in told["dns-node-1"]
    assert "--node-ip 192.168.10.11,fd00:10::11" in told["dns-node-1"]


def test_a_catalogue_of_the_users_reaches_every_node():
    """`--catalogue` is each agent's to read."""
    asked = lab(2, "none", ipv6=False, catalogue="/mine.yaml")

    told = [daemon.argv[-2:] for daemon in registry.daemons(asked) if daemon.host == daemon.name]

    assert told == [("--catalogue", "/mine.yaml")] * 2


def test_folders_for_pods_reach_every_node():
    """`--host-path`, each one."""
    asked = lab(1, "none", ipv6=False, host_paths=("/a", "/b"))

    told = [daemon.argv for daemon in registry.daemons(asked) if daemon.name == "node-1"]

    assert told[0][-4:] == ("--host-path", "/a", "--host-path", "/b")


def test_each_dns_daemon_gets_the_sockets_of_its_own_node():
    """UDP and TCP at each of its addresses, by descriptors that the lab keeps over the daemon's restarts."""
    asked = lab(2, "none", ipv6=True)
    sockets = registry.sockets(asked)
    told = {daemon.name: daemon for daemon in registry.daemons(asked)}

    for node in ("node-1", "node-2"):
        mine = told[f"dns-{node}"]
        assert {sockets[name].host for name in mine.fds} == {node}
        assert [f"{{fd:{name}}}" in mine.argv for name in mine.fds] == [True] * 4
        assert {sockets[name].stream for name in mine.fds} == {True, False}


def test_agents_ask_for_holders_where_the_interpreter_listens():
    """At a path, by a socket that the lab keeps over the interpreter's restarts."""
    asked = lab(1, "baremetal", ipv6=False)
    told = {daemon.name: daemon for daemon in registry.daemons(asked)}

    (name,) = told["lb-interpreter"].fds
    path = registry.sockets(asked)[name].path

    assert told["lb-interpreter"].argv[0] == f"{{fd:{name}}}"
    assert f"baremetal-lb={path}" in told["node-1"].argv


def test_an_upstream_reaches_every_dns_daemon():
    """`--dns-upstream` is each daemon's to ask."""
    asked = lab(2, "none", ipv6=False, dns_upstream="192.168.10.100:5353")

    told = [each.argv[-2:] for each in registry.daemons(asked) if "dns" in each.name]

    assert told == [("--upstream", "192.168.10.100:5353")] * 2


def test_every_stage_has_words_and_a_host_that_exists():
    """`up` says each stage by name; a daemon on an unknown host could never start."""
    asked = lab(2, "baremetal", False)
    hosts = {host.name for host in asked.topology.hosts} | {None}

    found = registry.daemons(asked)

    assert {daemon.stage for daemon in found} == set(range(len(STAGES)))
    assert {daemon.host for daemon in found} <= hosts


@pytest.mark.parametrize(("seconds", "option"), [(None, ()), (2.5, ("--pod-eviction-timeout", "2.5"))])
def test_how_long_pods_stay_on_a_lost_node_is_told_to_the_controllers(seconds, option):
    """Without the option pods' own tolerations count."""
    asked = lab(1, "none", ipv6=False, pod_eviction_timeout=seconds)
    (controllers,) = (each for each in registry.daemons(asked) if each.name == "controllers")
    told = controllers.argv
    at = told.index("--pod-eviction-timeout") if "--pod-eviction-timeout" in told else len(told)
    assert told[at : at + 2] == option


def test_each_daemon_has_an_identity_of_its_own():
    """A user and its groups, in a kubeconfig that the daemon is told of; nodes are told apart."""
    asked = lab(2, "none", ipv6=False)
    daemons = {each.name: each.argv for each in registry.daemons(asked)}
    later = {f"node-{number}" for number in range(3, MOST_NODES + 1)}  # nodes that may join
    assert {each.name: (each.user, *each.groups) for each in asked.identities if each.name not in later} == {
        "controllers": ("system:controllers",),
        "node-1": ("system:node:node-1", "system:nodes"),
        "node-2": ("system:node:node-2", "system:nodes"),
        "dns": ("system:dns",),
    }
    assert later < {each.name for each in asked.identities}
    for each in asked.identities:
        path = str(asked.folder.kubeconfig_of(each.name))
        users = [name for name, argv in daemons.items() if path in argv and name != "kube"]
        assert bool(users) is (each.name not in later)
        assert f"{path}=https://192.168.10.10:6443" in daemons["kube"]
