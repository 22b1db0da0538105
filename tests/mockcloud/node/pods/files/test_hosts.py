"""/etc/hosts and host names."""

import pytest

from mockcloud.node.pods.files.hosts import HEAD, HostAlias, HostName, host_network_file, hosts_file, label

ALIASES = (HostAlias("10.0.0.1", ("foo", "foo.example")), HostAlias("fd00::1", ("bar",)))
ALIAS_LINES = "\n# Entries added by HostAliases.\n10.0.0.1\tfoo\tfoo.example\nfd00::1\tbar\n"


def test_a_pods_file_is_kubelets():
    """Local names, each address with the pod's name, then the aliases."""
    assert hosts_file(HostName("web-1"), ("10.244.1.2", "fd00::2"), ()) == (
        HEAD + "10.244.1.2\tweb-1\nfd00::2\tweb-1\n"
    )
    name = HostName("redis-0", "redis.shop.svc.cluster.local")
    assert hosts_file(name, ("10.244.1.2",), ALIASES) == (
        HEAD + "10.244.1.2\tredis-0.redis.shop.svc.cluster.local\tredis-0\n" + ALIAS_LINES
    )


def test_in_the_nodes_network_it_is_the_nodes_file():
    """With a line that says so."""
    found = host_network_file("127.0.0.1 localhost\n", ALIASES)
    assert found == "# Kubernetes-managed hosts file (host network).\n127.0.0.1 localhost\n" + ALIAS_LINES


def test_the_kernels_name_may_be_the_full_one():
    """setHostnameAsFQDN, as far as the kernel takes it."""
    assert HostName("a", "b.c").kernel == "a"
    assert HostName("a", "b.c", as_fqdn=True).kernel == "a.b.c"
    assert HostName("a", as_fqdn=True).kernel == "a"
    with pytest.raises(
        ValueError, match=r"is too long \(64 characters is the max, 65 characters requested\)"
    ):
        _ = HostName("a" * 60, "b.cd", as_fqdn=True).kernel


def test_a_long_pod_name_is_cut_to_a_label():
    """And does not end in a dash or dot."""
    assert label("x" * 62 + "-y") == "x" * 62
    assert label("web-1") == "web-1"
