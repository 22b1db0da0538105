"""What a benchmark gives back."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One number, its unit, and what was asked of it (empty: nothing)."""

    name: str
    value: float
    unit: str
    asked: str
