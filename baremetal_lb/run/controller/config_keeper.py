"""Keeps the pool configuration in force: the last good one, whatever becomes of the ConfigMap."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import structlog

from baremetal_lb.decide.pools.foreign import late_overlaps, reserved_in_pools
from baremetal_lb.decide.pools.parse import parse_config
from baremetal_lb.kube.convert import config_text, object_key
from baremetal_lb.kube.events import Subject
from baremetal_lb.model.api_names import (
    EventReason,
    Reason,
)
from baremetal_lb.model.errors import ConfigFault, ConfigRejected
from baremetal_lb.model.reasons import (
    Note,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from baremetal_lb.decide.ipam.allocator import Allocator
    from baremetal_lb.decide.pools.overlaps import Claimed
    from baremetal_lb.kube.client import JsonObject
    from baremetal_lb.model.addresses import IPAddress
    from baremetal_lb.model.objects import ObjectKey
    from baremetal_lb.model.pools import PoolConfig
    from baremetal_lb.model.reasons import Refusal

log = structlog.get_logger("config")
MISSING_KEY = ConfigFault("data.config", "is required")


class ConfigKeeper:
    """Judges each version of the ConfigMap, and tells the allocator and the ConfigMap's Events."""

    def __init__(self, key: ObjectKey, allocator: Allocator, record: Callable[[Subject, Note], None]) -> None:
        self._key = key
        self._allocator = allocator
        self._record = record
        self._text: str | None = None
        self._judged = False
        self._subject: Subject | None = None
        self._config: PoolConfig | None = None
        self._warned: frozenset[str] = frozenset()
        self.loaded = False  # some configuration is in force
        self.stale = False  # the newest one is not
        self.verdict = ""  # on the ConfigMap as it was last judged, for people

    async def take(self, raw: JsonObject | None, claimed: Sequence[Claimed]) -> None:
        """Judge the ConfigMap as it is now; None where there is none."""
        if raw is None:
            self._missing()
            return
        text = config_text(raw)
        if self._judged and text == self._text:
            return
        is_change, self._judged, self._text = self._judged, True, text
        metadata = raw["metadata"]
        subject = Subject("ConfigMap", object_key(raw), metadata.get("uid", ""), metadata["resourceVersion"])
        try:
            # Away from the loop, which has a lease to renew: a large text takes a second.
            config = await asyncio.to_thread(_parse, text, claimed)
        except ConfigRejected as exc:
            self._reject(subject, exc)
        else:
            self._accept(subject, config, is_change=is_change)

    def warn_of(self, reserved: Mapping[IPAddress, Refusal], claimed: Sequence[Claimed]) -> None:
        """Say what of the pools in force is somebody else's; once, until that changes."""
        config = self._config
        if config is None or self._subject is None:
            return
        # What the command line rules out is known to whoever wrote it.
        of_nodes = {key: each for key, each in reserved.items() if each.reason is Reason.NODE_ADDRESS}
        found = frozenset([*reserved_in_pools(config, of_nodes), *late_overlaps(config, claimed)])
        for text in sorted(found - self._warned):
            log.warning("a pool has what is somebody else's", text=text)
            self._record(self._subject, Note(EventReason.CONFIG_WARNING, text))
        self._warned = found

    def _missing(self) -> None:
        self._judged, self.stale = False, True
        log.warning(
            "no ConfigMap", config_map=str(self._key), in_force="the last one" if self.loaded else "none"
        )
        self._allocator.without_config(
            f"there is no pool configuration: ConfigMap {self._key} does not exist"
        )

    def _reject(self, subject: Subject, error: ConfigRejected) -> None:
        self.stale = True
        log.error(
            "configuration rejected", config_map=str(self._key), faults=[str(each) for each in error.faults]
        )
        more = f" (and {len(error.faults) - 1} more)" if len(error.faults) > 1 else ""
        rest = "the last good configuration stays in force" if self.loaded else "no configuration is in force"
        self._record(subject, Note(EventReason.CONFIG_REJECTED, f"{error}; {rest}"))
        self.verdict = f"rejected: {error.faults[0]}{more}; {rest}"
        why = f"the pool configuration in ConfigMap {self._key} is not valid: {error.faults[0]}{more}"
        self._allocator.without_config(why)

    def _accept(self, subject: Subject, config: PoolConfig, *, is_change: bool) -> None:
        """An unchanged configuration found at the start is no news, so it raises no Event."""
        self.loaded, self.stale = True, False
        self._config, self._subject = config, subject
        self.verdict = f"accepted: {len(config.pools)} pool{'' if len(config.pools) == 1 else 's'}"
        self._allocator.configure(config)
        log.info("configuration accepted", config_map=str(self._key), pools=[pool.name for pool in config])
        if is_change:
            names = ", ".join(pool.name for pool in config) or "none"
            self._record(subject, Note(EventReason.CONFIG_ACCEPTED, f"Address pools in force: {names}"))
        for warning in config.warnings:
            self._record(subject, Note(EventReason.CONFIG_WARNING, warning))


def _parse(text: str | None, claimed: Sequence[Claimed]) -> PoolConfig:
    if text is None:
        raise ConfigRejected((MISSING_KEY,))
    return parse_config(text, claimed)
