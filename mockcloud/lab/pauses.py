"""Which processes of a lab are stopped by a signal: they live, hold their sockets, and answer nobody.

The supervisor hears of its daemons' ends only, and may be stopped itself, so whoever asks looks at /proc.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from mockcloud.lab.state import DaemonState, LabState
    from mockcloud.lab.system_pods import PodState

PAUSED: Final = "paused"
_STOPPED: Final = ("T", "t")  # by a signal, by a debugger (proc_pid_stat(5))


def seen(state: LabState) -> LabState:
    """What the supervisor says of its lab, corrected by what /proc says now."""
    daemons = tuple(map(_seen_daemon, state.daemons))
    above = next((pid for pid in (state.keeper_pid, state.supervisor_pid) if _is_stopped(pid)), None)
    phase = state.phase if above is None else f"{PAUSED} ({_how_to_go_on(above)})"
    return replace(state, daemons=daemons, phase=phase)


def _seen_daemon(daemon: DaemonState) -> DaemonState:
    if daemon.pid is None or not _is_stopped(daemon.pid):
        return daemon
    return replace(daemon, state=PAUSED, note=_how_to_go_on(daemon.pid))


def seen_pod(pod: PodState) -> PodState:
    """As a daemon is."""
    if pod.pid is None or not _is_stopped(pod.pid):
        return pod
    return replace(pod, state=PAUSED, note=_how_to_go_on(pod.pid))


def _how_to_go_on(pid: int) -> str:
    return f"stopped by a signal; `kill -CONT {pid}` lets it go on"


def _is_stopped(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False  # it has just ended: the supervisor will say so
    return stat.rpartition(")")[2].split()[0] in _STOPPED
