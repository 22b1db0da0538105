"""A cable on which frames take their time: a process carries them between the host's port and the switch.

Kernels have netem for that, where they have it: many of virtual machines do not. Two packet sockets and a
veth pair are everywhere. It runs in the lab's pid namespace, and so ends with the lab.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import time
from typing import TYPE_CHECKING, Final

from mockcloud.faults.decide.late import Cable
from mockcloud.lab.enter import enter
from mockcloud.lab.errors import LabError
from mockcloud.lab.forking import fork
from mockcloud.linux import CLONE_NEWNET, CLONE_NEWPID, PR_SET_NAME, close_all_but, prctl

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pyroute2 import IPRoute

    from mockcloud.lab.state import LabState

_ETH_P_ALL: Final = 3
_SOL_PACKET, _PACKET_VNET_HDR, _PACKET_IGNORE_OUTGOING = 263, 15, 23  # packet(7), linux/if_packet.h
_MOST: Final = (
    10 + 14 + (1 << 16)
)  # bytes: what is said of a frame, its head, and what several in one may have
_BATCH: Final = 64
_BRIDGE: Final = "bridge"
_STANDARD: Final = range(3)


def put_on(state: LabState, host: str, number: int, seconds: float) -> None:
    """Take the host's port out of the switch, and carry its frames, so much later. LabError."""
    _in_switch(state, host, lambda: _lengthen(host, number, seconds))


def take_off(state: LabState, host: str, number: int) -> None:
    """Put the port back, which ends the carrier; content where it is there already. LabError."""
    _in_switch(state, host, lambda: _shorten(host, number))


def _in_switch(state: LabState, host: str, work: Callable[[], None]) -> None:
    """Do it in the network of the host's switch, by a child; LabError with what it says."""
    supervisor = f"/proc/{state.supervisor_pid}"
    (switch,) = (each.switch_fd for each in state.hosts if each.name == host)
    heard, told = os.pipe()

    def live() -> int:
        try:
            enter(state, {CLONE_NEWNET: f"{supervisor}/fd/{switch}", CLONE_NEWPID: f"{supervisor}/ns/pid"})
            work()
        except Exception as error:  # noqa: BLE001 - pyroute2 is imported within only, and its errors are plain ones
            os.write(told, (str(error) or repr(error)).encode())
            return 1
        return 0

    child = fork(live)
    os.close(told)
    with open(heard, "rb") as pipe:
        said = pipe.read().decode()
    if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]):
        msg = f"the cable of {host}: {said}"
        raise LabError(msg)


def _lengthen(host: str, number: int, seconds: float) -> None:
    from pyroute2 import IPRoute

    near, far = _names(number)
    with IPRoute() as ip:
        (port,) = ip.link_lookup(ifname=host)
        if ip.get_links(port)[0].get("master") is None:
            msg = "its frames are late already: heal that first (mockcloud fault list)"
            raise LabError(msg)
        ip.link("add", ifname=near, kind="veth", peer={"ifname": far})
        for name, more in ((near, {"master": _bridge(ip)}), (far, {})):
            ip.link("set", index=ip.link_lookup(ifname=name)[0], state="up", **more)
        ip.link("set", index=port, master=0)
    ends = [_frames_of(host), _frames_of(far)]
    # By a child of the lab's pid namespace that ends at once: its init has the carrier then, and reaps it.
    os.waitpid(fork(lambda: fork(lambda: _carry(ends, seconds)) and 0), 0)


def _shorten(host: str, number: int) -> None:
    from pyroute2 import IPRoute

    with IPRoute() as ip:
        for near in ip.link_lookup(ifname=_names(number)[0]):  # goes last: it tells that this is to be done
            ip.link("set", index=near, state="down")
            (port,) = ip.link_lookup(ifname=host)
            ip.link("set", index=port, master=_bridge(ip))
            ip.link("del", index=near)


def _names(number: int) -> tuple[str, str]:
    """Of the pair that the switch has in the port's place: its end, and the carrier's."""
    return f"late-{number}", f"late-{number}-far"


def _bridge(ip: IPRoute) -> int:
    found: int = ip.link_lookup(kind=_BRIDGE)[0]
    return found


def _frames_of(interface: str) -> socket.socket:
    """All that comes in there, whole, and with what is yet to be done: checksums, and cutting in segments."""
    made = socket.socket(
        socket.AF_PACKET, socket.SOCK_RAW
    )  # of no protocol: nothing comes before it is bound
    for option in (_PACKET_VNET_HDR, _PACKET_IGNORE_OUTGOING):
        made.setsockopt(_SOL_PACKET, option, 1)
    made.bind((interface, _ETH_P_ALL))
    made.setblocking(False)
    return made


def _carry(ends: Sequence[socket.socket], seconds: float) -> int:
    """Frames from either end to the other, until one of them is gone."""
    os.setsid()
    os.chdir("/")
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    prctl(PR_SET_NAME, b"late frames\0")
    null = os.open(os.devnull, os.O_RDWR)
    for standard in _STANDARD:
        os.dup2(null, standard)
    close_all_but({*_STANDARD, *(end.fileno() for end in ends)})
    here, there = ends
    ways = ((here, Cable(seconds), there), (there, Cable(seconds), here))
    with contextlib.suppress(OSError):  # ENETDOWN: an end is gone
        while True:
            due = [at for _, cable, _ in ways if (at := cable.next_at()) is not None]
            wait = max(0.0, min(due) - time.monotonic()) if due else None
            select.select(ends, [], [], wait)
            for source, cable, target in ways:
                _take_in(source, cable)
                _let_out(cable, target)
    return 0


def _take_in(source: socket.socket, cable: Cable) -> None:
    with contextlib.suppress(BlockingIOError):
        for _ in range(_BATCH):
            cable.put(source.recv(_MOST), time.monotonic())


def _let_out(cable: Cable, target: socket.socket) -> None:
    for frame in cable.take(time.monotonic()):
        # What the other end has no room for is lost, as on any LAN.
        with contextlib.suppress(OSError):
            target.send(frame)
