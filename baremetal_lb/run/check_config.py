"""`baremetal-lb check-config`: the controller's own judgement of a configuration, without a cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING

from baremetal_lb.decide.config_file import find_config
from baremetal_lb.decide.controller.node_facts import claimed
from baremetal_lb.model.errors import ConfigRejected

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from baremetal_lb.model.pools import Pool, PoolConfig
    from baremetal_lb.settings import Settings


def check(text: str, settings: Settings, say: Callable[[str], object], *, strict: bool = False) -> int:
    """Say each fault, or what would be in force. 0 where that is accepted (`strict`: unwarned), else 1."""
    try:
        found = find_config(text, settings.config_key)
        config = found.parsed(claimed(settings.service_ranges, {}, {}))
    except ConfigRejected as exc:
        for fault in exc.faults:
            say(f"error: {fault}")
        return 1
    warnings = (*found.warnings, *config.warnings)
    _describe(config, warnings, say)
    return verdict(warnings, say, strict=strict)


def verdict(warnings: Sequence[str], say: Callable[[str], object], *, strict: bool) -> int:
    """The exit code of what would be accepted."""
    if not strict or not warnings:
        return 0
    say(f"refused: {len(warnings)} warning{'' if len(warnings) == 1 else 's'}, and --strict")
    return 1


def _describe(config: PoolConfig, warnings: Sequence[str], say: Callable[[str], object]) -> None:
    for warning in warnings:
        say(f"warning: {warning}")
    for pool in config:
        say(f"{pool.name}: {_summary(pool)}")
    say(f"accepted: {len(config.pools)} pool{'' if len(config.pools) == 1 else 's'}")


def _summary(pool: Pool) -> str:
    parts = [", ".join(map(str, pool.ranges)), str(pool.protocol)]
    if not pool.auto_assign:
        parts.append("on request only")
    if pool.allocation is not None:
        parts.append("pinned")
    if pool.placement.node_selectors:
        parts.append("by selected nodes only")
    if pool.placement.interfaces:
        parts.append("on " + ", ".join(each.text for each in pool.placement.interfaces))
    return "; ".join(parts)
