"""Faults as values, and the rules of nftables that each puts on which host; pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

UPLINK: Final = "eth0"
"""The interface of each host that is in the LAN."""
_HOOKS: Final = ("ingress", "egress")
_PRIORITY: Final = -500
_ALL: Final = 100_000  # thousandths of a percent: what numgen has are whole numbers
LEAST_PERCENT: Final = 0.001
"""Less would lose no frame at all."""


class Kind(StrEnum):
    """By the word that is typed."""

    LINK = "link"
    LOSS = "loss"
    PARTITION = "partition"
    PAUSE = "pause"
    POWER = "power"
    DELAY = "delay"


@dataclass(frozen=True, slots=True)
class Fault:
    """One that is on. What of it makes sense depends on its kind."""

    number: int
    kind: Kind
    since: str  # a time as objects have it
    hosts: tuple[str, ...] = ()  # link, loss, delay, power: whose; partition: one side
    others: tuple[str, ...] = ()  # partition: the other side
    percent: float = 0.0  # loss
    seconds: float = 0.0  # delay
    daemon: str = ""  # pause
    pid: int = 0  # pause: the process that was stopped
    until: str = ""  # a time as objects have it, where some command waits to mend it
    keeper: str = ""  # that command, as `store` tells processes apart

    @property
    def text(self) -> str:
        """What it is, in words."""
        match self.kind:
            case Kind.LINK:
                return f"no frame passes to or from {', '.join(self.hosts)}"
            case Kind.LOSS:
                return f"{self.percent:g} % of all frames to and from {', '.join(self.hosts)} are lost"
            case Kind.PARTITION:
                return f"{', '.join(self.hosts)} and {', '.join(self.others)} do not hear each other"
            case Kind.PAUSE:
                return f"{self.daemon} stands still (process {self.pid})"
            case Kind.POWER:
                return f"{', '.join(self.hosts)} has no power"
            case Kind.DELAY:
                late = f"{self.seconds * 1000:g} ms late"
                return f"each frame to and from {', '.join(self.hosts)} is {late}"

    @property
    def table(self) -> str:
        """The name of its table of nftables, on each host that has one."""
        return f"mockcloud-fault-{self.number}"


def rules(fault: Fault, macs: Mapping[str, str]) -> dict[str, str]:
    """Host -> the script of nft that puts the fault on; `macs`: each host's address in the LAN."""
    match fault.kind:
        case Kind.LINK | Kind.POWER:
            return {host: _script(fault, dict.fromkeys(_HOOKS, "drop")) for host in fault.hosts}
        case Kind.LOSS:
            lost = round(fault.percent * 1000)
            rule = f"numgen random mod {_ALL} < {lost} drop" if lost < _ALL else "drop"
            return {host: _script(fault, dict.fromkeys(_HOOKS, rule)) for host in fault.hosts}
        case Kind.PARTITION:
            sides = ((fault.hosts, fault.others), (fault.others, fault.hosts))
            return {
                host: _script(fault, {"ingress": f"ether saddr {{ {', '.join(macs[o] for o in far)} }} drop"})
                for near, far in sides
                for host in near
            }
        case Kind.PAUSE | Kind.DELAY:
            return {}


def ending(fault: Fault, now: str, *, kept: bool) -> str:
    """Until when it is on, in words; `kept`: the command that is to mend it lives."""
    if not fault.until:
        return "it is healed"
    if now > fault.until:
        return f"{fault.until}: overdue"
    return fault.until if kept else f"{fault.until}: its command is gone, heal it"


def heal_script(fault: Fault) -> str:
    """The script of nft that takes it off a host, and is content where it is off already."""
    return f"add table netdev {fault.table}\ndelete table netdev {fault.table}\n"


def affected(fault: Fault) -> tuple[str, ...]:
    """The hosts that have a table of it."""
    return (*fault.hosts, *fault.others)


def _script(fault: Fault, by_hook: Mapping[str, str]) -> str:
    chains = [
        f' chain {hook} {{\n  type filter hook {hook} device "{UPLINK}" priority {_PRIORITY}\n  {rule}\n }}\n'
        for hook, rule in by_hook.items()
    ]
    return f"table netdev {fault.table} {{\n{''.join(chains)}}}\n"
