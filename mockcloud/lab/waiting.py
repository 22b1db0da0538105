"""What a lab that starts is waiting for, in words; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mockcloud.lab.pauses import PAUSED

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockcloud.lab.state import DaemonState, LabState

_NOT_AWAITED: Final = frozenset({"ready", "done", "waiting"})
_RUNNING: Final = "running"
_NAMED: Final = 4  # so many are told of, and the others counted


def waited_for(state: LabState, last_words: Callable[[str], str]) -> str:
    """One line: which daemons are not ready, and why as far as that is known (`pauses.seen`).

    `last_words`: what a daemon has logged last; one that runs has no other reason.
    """
    awaited = [_told(each, last_words) for each in state.daemons if each.state not in _NOT_AWAITED]
    if state.phase.startswith(PAUSED):
        awaited.insert(0, f"its supervisor, {state.phase}")
    if not awaited:
        return "waiting for what comes next"
    others = f" and {len(awaited) - _NAMED} others" if len(awaited) > _NAMED else ""
    return f"waiting for {', '.join(awaited[:_NAMED])}{others}"


def _told(daemon: DaemonState, last_words: Callable[[str], str]) -> str:
    why = daemon.note or (last_words(daemon.name) if daemon.state == _RUNNING else "")
    return f"{daemon.name} ({daemon.state}{f': {why}' if why else ''})"
