"""Kernel settings that make a network namespace a Kubernetes node."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from mockcloud.proxy.decide.views import Family

SYSCTL: Final = Path("/proc/sys/net")
EVERY_GROUP: Final = "0 2147483647"


def make_router(families: tuple[Family, ...]) -> None:
    """Forward packets of these families, in the calling thread's network namespace."""
    for setting, value in _settings(families):
        (SYSCTL / setting).write_text(value)
    open_to_all()  # for pods in the node's network, who have no privileges there


def open_to_all() -> None:
    """In the calling thread's network: low ports and ping are anybody's, as containerd has it in pods."""
    (SYSCTL / "ipv4/ip_unprivileged_port_start").write_text("0")
    pings = SYSCTL / "ipv4/ping_group_range"
    try:
        pings.write_text(EVERY_GROUP)
    except OSError:  # in an ordinary user's lab only one group can be named, which all of it are in
        pings.write_text("0 0")


def _settings(families: tuple[Family, ...]) -> Iterator[tuple[str, str]]:
    if Family.IPV4 in families:
        yield "ipv4/ip_forward", "1"
        for folder in sorted((SYSCTL / "ipv4/conf").iterdir()):
            # A node sends packets on by the interface they came from (a NodePort whose pod is elsewhere):
            # the client must not be told to go there directly.
            yield f"ipv4/conf/{folder.name}/send_redirects", "0"
            # Replies may come by another way than the request would go (a load balancer's address).
            yield f"ipv4/conf/{folder.name}/rp_filter", "0"
    if Family.IPV6 in families:
        yield "ipv6/conf/all/forwarding", "1"
        # Else an interface that goes down loses its addresses, and with them what listens there.
        yield "ipv6/conf/all/keep_addr_on_down", "1"
