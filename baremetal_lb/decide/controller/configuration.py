"""Which pool configuration is in force: the last good one, whatever becomes of the ConfigMap."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from baremetal_lb.decide.controller.commands import ConfigNews, JudgeConfig, Record, TellConfig
from baremetal_lb.decide.pools.foreign import late_overlaps, reserved_in_pools
from baremetal_lb.decide.pools.parse import parse_config
from baremetal_lb.model.api_names import EventReason, Reason
from baremetal_lb.model.errors import ConfigFault, ConfigRejected
from baremetal_lb.model.reasons import Note

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from baremetal_lb.decide.controller.commands import Command
    from baremetal_lb.decide.controller.events import ConfigMap
    from baremetal_lb.decide.ipam.allocator import Allocator
    from baremetal_lb.decide.pools.overlaps import Claimed
    from baremetal_lb.model.addresses import IPAddress
    from baremetal_lb.model.objects import ObjectKey, Subject
    from baremetal_lb.model.pools import PoolConfig
    from baremetal_lb.model.reasons import Refusal

MISSING_KEY: Final = ConfigFault("data.config", "is required")


def parse(text: str | None, claimed: Sequence[Claimed]) -> PoolConfig:
    """What JudgeConfig asks for: the pools of a ConfigMap's text; ConfigRejected where it is not valid."""
    if text is None:
        raise ConfigRejected((MISSING_KEY,))
    return parse_config(text, claimed)


class PoolConfiguration:
    """Has each version of the ConfigMap judged; tells the allocator, the ConfigMap's Events and the log."""

    def __init__(self, key: ObjectKey, allocator: Allocator) -> None:
        self._key = key
        self._allocator = allocator
        self._text: str | None = None
        self._was_judged = False
        self._being_judged: tuple[Subject, bool] | None = None  # and whether it is a change
        self._subject: Subject | None = None
        self._config: PoolConfig | None = None
        self._warned: frozenset[str] = frozenset()
        self.loaded = False  # some configuration is in force
        self.stale = False  # the newest one is not
        self.verdict = ""  # on the ConfigMap as it was last judged, for people

    @property
    def is_being_judged(self) -> bool:
        """Whether ConfigJudged is to come."""
        return self._being_judged is not None

    def take(self, found: ConfigMap | None, claimed: Sequence[Claimed]) -> Iterator[Command]:
        """See to the ConfigMap as it is now; None where there is none. Not while one is being judged."""
        if found is None:
            yield from self._missing()
            return
        if self._was_judged and found.text == self._text:
            return
        self._being_judged = found.subject, self._was_judged
        self._was_judged, self._text = True, found.text
        yield JudgeConfig(found.text, claimed)

    def see_result(self, result: PoolConfig | ConfigRejected) -> Iterator[Command]:
        """It was judged."""
        assert self._being_judged is not None, "ConfigJudged without JudgeConfig"
        (subject, is_change), self._being_judged = self._being_judged, None
        if isinstance(result, ConfigRejected):
            yield from self._reject(subject, result)
        else:
            yield from self._accept(subject, result, is_change=is_change)

    def warn_of(self, reserved: Mapping[IPAddress, Refusal], claimed: Sequence[Claimed]) -> Iterator[Command]:
        """Say what of the pools in force is somebody else's; once, until that changes."""
        config = self._config
        if config is None or self._subject is None:
            return
        # What the command line rules out is known to whoever wrote it.
        of_nodes = {key: each for key, each in reserved.items() if each.reason is Reason.NODE_ADDRESS}
        found = frozenset([*reserved_in_pools(config, of_nodes), *late_overlaps(config, claimed)])
        for text in sorted(found - self._warned):
            yield TellConfig(ConfigNews.FOREIGN, (text,))
            yield Record(self._subject, Note(EventReason.CONFIG_WARNING, text))
        self._warned = found

    def _missing(self) -> Iterator[Command]:
        yield TellConfig(
            ConfigNews.MISSING, ("the last one" if self.loaded else "none",), gone_stale=not self.stale
        )
        self._was_judged, self.stale = False, True
        self._allocator.without_config(
            f"there is no pool configuration: ConfigMap {self._key} does not exist"
        )

    def _reject(self, subject: Subject, error: ConfigRejected) -> Iterator[Command]:
        faults = tuple(str(each) for each in error.faults)
        yield TellConfig(ConfigNews.REJECTED, faults, gone_stale=not self.stale)
        self.stale = True
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        rest = "the last good configuration stays in force" if self.loaded else "no configuration is in force"
        yield Record(subject, Note(EventReason.CONFIG_REJECTED, f"{error}; {rest}"))
        self.verdict = f"rejected: {faults[0]}{more}; {rest}"
        self._allocator.without_config(
            f"the pool configuration in ConfigMap {self._key} is not valid: {faults[0]}{more}"
        )

    def _accept(self, subject: Subject, config: PoolConfig, *, is_change: bool) -> Iterator[Command]:
        """An unchanged configuration found at the start is no news, so it raises no Event."""
        self.loaded, self.stale = True, False
        self._config, self._subject = config, subject
        self.verdict = f"accepted: {len(config.pools)} pool{'' if len(config.pools) == 1 else 's'}"
        self._allocator.configure(config)
        names = tuple(pool.name for pool in config)
        yield TellConfig(ConfigNews.ACCEPTED, names)
        if is_change:
            listed = ", ".join(names) or "none"
            yield Record(subject, Note(EventReason.CONFIG_ACCEPTED, f"Address pools in force: {listed}"))
        for warning in config.warnings:
            yield Record(subject, Note(EventReason.CONFIG_WARNING, warning))
