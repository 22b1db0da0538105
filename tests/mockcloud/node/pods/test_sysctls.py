"""Which settings of the kernel a pod may have of its own."""

import pytest

from mockcloud.node.pods.sysctls import dotted, for_one_group, refused


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("kernel.shm_rmid_forced", "kernel.shm_rmid_forced"),
        ("net/ipv4/tcp_wmem", "net.ipv4.tcp_wmem"),
        ("net/ipv4/conf/eth0.100/forwarding", "net.ipv4.conf.eth0/100.forwarding"),
        ("x", "x"),
    ],
)
def test_names_have_two_spellings(name, expected):
    """As sysctl(8): the first separator says which."""
    assert dotted(name) == expected


def test_what_is_not_safe_is_refused():
    """In kubelet's words, the first of them."""
    assert refused(["kernel.shm_rmid_forced", "net.ipv4.tcp_syncookies"]) == ""
    wrong = 'forbidden sysctl: "kernel.msgmax" not allowlisted'
    assert refused(["net.ipv4.tcp_rmem", "kernel.msgmax"]) == wrong


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        pytest.param("net.ipv4.ping_group_range", "0 2147483647", "0 0", id="all"),
        pytest.param("net.ipv4.ping_group_range", "1000\t2000", "0 0", id="some"),
        pytest.param("net.ipv4.ping_group_range", "1 0", "1 0", id="none-is-the-kernel's-to-refuse"),
        pytest.param("net.ipv4.ping_group_range", "x", "x", id="junk-too"),
        pytest.param("net.ipv4.ip_local_port_range", "1024 2000", "1024 2000", id="another-setting"),
    ],
)
def test_groups_of_a_pod_that_are_one_id(name, value, expected):
    """In an ordinary user's lab the kernel knows none but that."""
    assert list(for_one_group([(name, value)])) == [(name, expected)]
