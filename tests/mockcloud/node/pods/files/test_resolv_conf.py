"""/etc/resolv.conf by policy."""

import pytest

from mockcloud.node.pods.files.resolv_conf import (
    ClusterDns,
    DnsPolicy,
    PodDns,
    ResolvConf,
    name_switch,
    parse,
    pod_resolv_conf,
    render,
)

CLUSTER = ClusterDns(("10.96.0.10", "fd00:10:96::a"))
HOST = parse("# a host's\nnameserver 192.0.2.53\nsearch lan.example\noptions edns0 timeout:1\n")
SEARCH = "search shop.svc.cluster.local svc.cluster.local cluster.local\n"
FIRST = f"{SEARCH}nameserver 10.96.0.10\nnameserver fd00:10:96::a\noptions ndots:5\n"
HOSTS = "search lan.example\nnameserver 192.0.2.53\noptions edns0 timeout:1\n"


def told(pod, cluster=CLUSTER):
    return render(pod_resolv_conf(pod, "shop", cluster, HOST))


@pytest.mark.parametrize(
    ("pod", "expected"),
    [
        pytest.param(PodDns(), FIRST, id="cluster-first"),
        pytest.param(PodDns(DnsPolicy.DEFAULT), HOSTS, id="default"),
        pytest.param(PodDns(host_network=True), HOSTS, id="in-the-hosts-network"),
        pytest.param(
            PodDns(DnsPolicy.CLUSTER_FIRST_WITH_HOST_NET, host_network=True), FIRST, id="with-host-net"
        ),
        pytest.param(
            PodDns(DnsPolicy.NONE, ResolvConf(("1.2.3.4",), ("a.b",), (("ndots", "2"), ("edns0", None)))),
            "search a.b\nnameserver 1.2.3.4\noptions ndots:2 edns0\n",
            id="none",
        ),
        pytest.param(
            PodDns(
                config=ResolvConf(("10.96.0.10", "1.2.3.4"), ("svc.cluster.local", "x"), (("ndots", "2"),))
            ),
            SEARCH.replace("\n", " x\n")
            + "nameserver 10.96.0.10\nnameserver fd00:10:96::a\nnameserver 1.2.3.4\noptions ndots:2\n",
            id="config-adds-and-overrides",
        ),
    ],
)
def test_each_policy_has_its_file(pod, expected):
    """As kubelet writes it; dnsConfig is merged in."""
    assert told(pod) == expected


def test_without_cluster_dns_pods_ask_whom_the_host_asks():
    """As a kubelet that has no --cluster-dns."""
    assert told(PodDns(), ClusterDns()) == HOSTS


def test_a_pod_asks_nobody_but_files_and_dns():
    """Whatever the machine does for names; the other databases stay."""
    host = (
        "passwd: files systemd\nhosts: files mdns4_minimal [NOTFOUND=return] resolve dns\nnetworks: files\n"
    )
    assert name_switch(host) == "passwd: files systemd\nnetworks: files\nhosts: files dns\n"
    assert name_switch("") == "hosts: files dns\n"


def test_there_are_never_more_than_a_resolver_reads():
    """Three servers; search domains up to 32 and 2048 characters."""
    conf = ResolvConf(tuple(f"10.0.0.{n}" for n in range(9)), tuple(f"{n:02}{'x' * 98}" for n in range(40)))
    lines = render(conf).splitlines()
    assert len(lines[0].removeprefix("search ")) <= 2048
    assert lines[1:] == [f"nameserver 10.0.0.{n}" for n in range(3)]
    assert len(render(ResolvConf(searches=tuple(f"d{n}" for n in range(40)))).split()) == 33
