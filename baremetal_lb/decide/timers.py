"""How a machine without a clock asks to be woken: it says when, and is told that the time has come."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tick:
    """The time asked for by WakeAt has come. Whatever waits to be read has to be handed in before."""


@dataclass(frozen=True, slots=True)
class WakeAt:
    """Come back with a Tick then, by the clock whose times the machine is given. The newest one counts."""

    at: float
