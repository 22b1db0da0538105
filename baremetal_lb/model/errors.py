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
    """A port can't be listened on; `option` is what sets it, `transport` is `udp` or `tcp`."""

    def __init__(self, port: int, transport: str, option: str, why: str) -> None:
        flag = {"udp": "u", "tcp": "t"}[transport]
        what = f"cannot listen on {transport.upper()} port {port} ({option}): {why}"
        search = f"who has it on this node: ss -l{flag}np 'sport = :{port}'"
        super().__init__(
            f"{what}; {search}. Another release's daemon? Then give one of them another {option}"
        )


class ClusterTooOld(Exception):
    """The cluster's API lacks what nothing can work without."""
