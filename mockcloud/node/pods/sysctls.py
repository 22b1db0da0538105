"""Which of the kernel's settings a pod may have of its own: a kubelet's safe ones. Pure."""

from collections.abc import Iterable, Iterator
from typing import Final

SAFE: Final = frozenset(
    {
        "kernel.shm_rmid_forced",
        "net.ipv4.ip_local_port_range",
        "net.ipv4.ip_local_reserved_ports",
        "net.ipv4.ip_unprivileged_port_start",
        "net.ipv4.ping_group_range",
        "net.ipv4.tcp_fin_timeout",
        "net.ipv4.tcp_keepalive_intvl",
        "net.ipv4.tcp_keepalive_probes",
        "net.ipv4.tcp_keepalive_time",
        "net.ipv4.tcp_rmem",
        "net.ipv4.tcp_syncookies",
        "net.ipv4.tcp_wmem",
    }
)


_PING: Final = "net.ipv4.ping_group_range"


def for_one_group(settings: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """The settings where all of a pod's groups are one id of the machine's: whoever may ping is of that one.

    The kernel takes ids alone that the pod's user namespace has.
    """
    for name, value in settings:
        first, last = [*value.split(), "", ""][:2]
        numbers = first.isdecimal() and last.isdecimal()
        yield name, "0 0" if name == _PING and numbers and int(first) <= int(last) else value


def dotted(name: str) -> str:
    """The name with dots between its parts: `kernel/shm_rmid_forced` is another spelling of it."""
    first = min((name.find(each) for each in "./" if each in name), default=-1)
    if first < 0 or name[first] == ".":
        return name
    return name.translate({ord("/"): ".", ord("."): "/"})


def refused(names: Iterable[str]) -> str:
    """Why a pod cannot have these, in kubelet's words; "" where it can."""
    wrong = next((each for each in names if each not in SAFE), None)
    return "" if wrong is None else f'forbidden sysctl: "{wrong}" not allowlisted'
