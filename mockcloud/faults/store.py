"""The faults of a lab: put on, listed, taken off. What is on is written down before it is put on."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
import struct
from dataclasses import asdict, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mockcloud.client.clock import seconds_text, utc_now
from mockcloud.faults import delay, power
from mockcloud.faults.decide.plan import UPLINK, Fault, Kind, affected, heal_script, rules
from mockcloud.lab.enter import said_on_host
from mockcloud.lab.errors import LabError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mockcloud.lab.state import LabFolder, LabState

_SIOCGIFHWADDR: Final = 0x8927  # netdevice(7)
_START_TIME: Final = 19  # of what follows the name, in ticks


def put_on(lab: LabFolder, fault: Fault, seconds: float | None = None) -> Fault:
    """Put it on, with the next free number: what is on now. LabError; then nothing of it is on.

    With `seconds` this process says that it mends it after so many.
    """
    state = lab.read()
    with _locked(lab):
        known = _read(lab)
        fault = replace(fault, number=max((each.number for each in known), default=0) + 1)
        fault = replace(_found(state, fault), since=seconds_text(utc_now()))
        if seconds is not None:
            until = seconds_text(utc_now() + timedelta(seconds=seconds))
            fault = replace(fault, until=until, keeper=_process(os.getpid()))
        _write(lab, [*known, fault])
        try:
            _apply(lab, state, fault)
        except BaseException:
            _take_off(lab, state, fault)
            _write(lab, known)
            raise
    return fault


def on(lab: LabFolder) -> list[Fault]:
    """Those that are on, by number. LabError where the lab is not up."""
    lab.read()
    return _read(lab)


def is_kept(fault: Fault) -> bool:
    """Whether the command that is to mend it in time lives."""
    pid = fault.keeper.partition(" ")[0]
    return bool(pid) and _process(int(pid)) == fault.keeper


def _process(pid: int) -> str:
    """The process of that number and no later one: with its time of start (proc_pid_stat(5)); "" for none."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] == "Z" else f"{pid} {fields[_START_TIME]}"


def heal(lab: LabFolder, numbers: Sequence[int] | None) -> list[Fault]:
    """Take these off, or all (None): those that were. UsageError where one is not on."""
    state = lab.read()
    with _locked(lab):
        known = _read(lab)
        wanted = [each for each in known if numbers is None or each.number in numbers]
        if missing := sorted({*(numbers or ())} - {each.number for each in wanted}):
            on_now = ", ".join(str(each.number) for each in known) or "none"
            msg = f"fault {missing[0]} is not on: those that are: {on_now}"
            raise UsageError(msg)
        for fault in wanted:
            _take_off(lab, state, fault)
            known = [each for each in known if each.number != fault.number]
            _write(lab, known)
    return wanted


def kill(lab: LabFolder, daemon: str) -> int:
    """Kill a daemon (-9), which the lab starts anew: its process. LabError where it does not run."""
    pid = _pid(lab.read(), daemon)
    os.kill(pid, signal.SIGKILL)
    return pid


def _found(state: LabState, fault: Fault) -> Fault:
    """The fault with what it needs to know of the lab; UsageError where the lab has no such thing."""
    hosts = [host.name for host in state.hosts]
    for each in affected(fault):
        if each not in hosts:
            msg = f"no host is called {each!r}: this lab has {', '.join(hosts)}"
            raise UsageError(msg)
    if both := sorted({*fault.hosts} & {*fault.others}):
        msg = f"{both[0]} cannot be on both sides"
        raise UsageError(msg)
    if fault.kind is Kind.POWER:
        _check_nodes(state, fault.hosts)
    return replace(fault, pid=_pid(state, fault.daemon)) if fault.kind is Kind.PAUSE else fault


def _check_nodes(state: LabState, hosts: Sequence[str]) -> None:
    """Others than nodes keep what nobody else has: the API its objects, the client nothing at all."""
    nodes = [each.name for each in state.daemons if each.name == each.host]
    for host in hosts:
        if host not in nodes:
            msg = f"{host} is no node: this lab has {', '.join(nodes)}"
            raise UsageError(msg)


def _pid(state: LabState, daemon: str) -> int:
    named = {each.name: each.pid for each in state.daemons}
    if daemon not in named:
        msg = f"no daemon is called {daemon!r}: this lab has {', '.join(named)}"
        raise UsageError(msg)
    pid = named[daemon]
    if pid is None:
        msg = f"{daemon} does not run now"
        raise LabError(msg)
    return pid


def _apply(lab: LabFolder, state: LabState, fault: Fault) -> None:
    if fault.kind is Kind.PAUSE:
        os.kill(fault.pid, signal.SIGSTOP)
        return
    macs = {}
    if fault.kind is Kind.PARTITION:
        macs = {host: _mac(lab, state, host) for host in affected(fault)}
    for host, script in rules(fault, macs).items():
        _nft(lab, state, host, script)
    if fault.kind is Kind.POWER:
        for host in fault.hosts:
            power.cut(lab, state, host)
    if fault.kind is Kind.DELAY:
        for host in fault.hosts:
            delay.put_on(state, host, fault.number, fault.seconds)


def _take_off(lab: LabFolder, state: LabState, fault: Fault) -> None:
    if fault.kind is Kind.PAUSE:
        if any(
            each.pid == fault.pid for each in state.daemons
        ):  # else it has ended, and another has its number
            with contextlib.suppress(ProcessLookupError):
                os.kill(fault.pid, signal.SIGCONT)
        return
    for host in affected(fault):
        if fault.kind is Kind.DELAY:
            delay.take_off(state, host, fault.number)
        else:
            _nft(lab, state, host, heal_script(fault))
    if fault.kind is Kind.POWER:
        for host in fault.hosts:
            power.give(lab, host)


def _nft(lab: LabFolder, state: LabState, host: str, script: str) -> None:
    done = said_on_host(lab, state, host, ["nft", "-f", "-"], script)
    if done.returncode:
        msg = f"nft on {host}: {done.stderr.strip()}"
        raise LabError(msg)


def _mac(lab: LabFolder, state: LabState, host: str) -> str:
    """The host's address in the LAN, asked of its own kernel."""
    from mockcloud.tunnel.inside import Inside

    inside = Inside(lab, state, host)
    try:
        with inside.socket("0.0.0.0", "UDP") as made:
            told = fcntl.ioctl(made, _SIOCGIFHWADDR, struct.pack("16s16x", UPLINK.encode()))
    except OSError as error:
        msg = f"{host} has no {UPLINK}: {error.strerror}"
        raise LabError(msg) from error
    finally:
        inside.close()
    return ":".join(f"{byte:02x}" for byte in told[18:24])


@contextlib.contextmanager
def _locked(lab: LabFolder) -> Iterator[None]:
    fd = os.open(lab.path / "faults.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        yield
    finally:
        os.close(fd)


def _read(lab: LabFolder) -> list[Fault]:
    try:
        written = json.loads(lab.faults.read_text())
    except FileNotFoundError:
        return []
    return [
        Fault(
            **{
                **each,
                "kind": Kind(each["kind"]),
                "hosts": tuple(each["hosts"]),
                "others": tuple(each["others"]),
            }
        )
        for each in written
    ]


def _write(lab: LabFolder, faults: list[Fault]) -> None:
    fresh = lab.faults.with_suffix(".new")
    fresh.write_text(json.dumps([asdict(each) for each in faults]))
    fresh.replace(lab.faults)
