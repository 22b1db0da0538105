"""Errors a person can do something about."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ConfigFault:
    """One thing wrong in a configuration: where (`address-pools[1].addresses[0]`), and why."""

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.path else self.message


class ConfigRejected(ValueError):
    """A pool configuration with at least one fault; it is refused whole, and every fault is named."""

    def __init__(self, faults: tuple[ConfigFault, ...]) -> None:
        super().__init__("; ".join(map(str, faults)))
        self.faults = faults


class PortTaken(OSError):
    """A port can't be listened on; `option` is what sets it."""

    def __init__(self, port: int, option: str, why: str) -> None:
        super().__init__(f"cannot listen on port {port} ({option}): {why}")
