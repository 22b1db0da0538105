"""Which settings of the kernel a pod may have of its own."""

import pytest

from mockcloud.node.pods.sysctls import dotted, refused


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
