"""One family's table in the kernel: kept true by small transactions, loaded anew where one fails."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Any, Final

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, wait_random_exponential

from mockcloud.proxy.decide.affinity_state import remembered
from mockcloud.proxy.decide.ledger import Change, Ledger
from mockcloud.proxy.decide.outbound import outbound
from mockcloud.proxy.decide.render import ONE_TRANSACTION, TABLES, Renderer, Script
from mockcloud.proxy.decide.ruleset import Fragment, Slot
from mockcloud.proxy.decide.views import Family, NodeView, ServiceKey
from mockcloud.proxy.nftables import Nft, NftError

LOG: Final = logging.getLogger(__name__)
# A kernel before 6.2 lets a map hold a chain a moment longer than its element.
RETIRE_SECONDS: Final = 1.5
FEW_ELEMENTS: Final = 3000  # with more it is not worth a try to write them in one transaction
# Longer scripts go to a thread, so that leases and probes do not wait for them.
INLINE_CHARACTERS: Final = 32768


class KernelTable:
    """Nothing is loaded before the first `update`; from then on the kernel always has a whole table."""

    def __init__(self, family: Family, node: NodeView, nft: Nft) -> None:
        self._family = family
        self._node = node
        self._nft = nft
        self._renderer: Renderer | None = None  # of the table in force, once that is known
        self.ledger = Ledger()  # what the table is to be; changed by `put` alone
        self._retired: dict[str, float] = {}
        self._loaded = False

    def distrust(self) -> None:
        """What the kernel has may not be what it was told: the next `update` loads all."""
        self._loaded = False

    def put(self, key: ServiceKey, part: Fragment) -> list[Change]:
        """The Service's part is now this; the changes that `update` is to be told."""
        return self.ledger.put(key, part)

    async def update(self, changes: Sequence[Change]) -> bool:
        """Make the kernel's table what was put; retries for as long as the kernel refuses.

        True where all was loaded anew, so that for a while packets may have met other rules.
        """
        changes = _squash(changes)
        if self._loaded and self._renderer and changes:
            self._loaded = await self._change(self._renderer.change(changes))
        if self._loaded:
            return False
        await self._load()
        return True

    async def _change(self, script: Script) -> bool:
        """Whether it could be done; else the table is to be loaded."""
        if not script.text:
            return True
        if len(script.text) > ONE_TRANSACTION:
            return False
        try:
            await self._run(script.text)
        except NftError as error:
            LOG.warning("loading the rules of table %s again: %s", self._family, error)
            return False
        now = asyncio.get_running_loop().time()
        self._retired.update(dict.fromkeys(script.retired, now))
        return True

    @property
    def deletion_due(self) -> float | None:
        """When (the loop's clock) chains without use may be deleted; None where there are none."""
        return min(self._retired.values()) + RETIRE_SECONDS if self._retired else None

    async def delete_retired(self) -> None:
        """Delete chains whose time has come, except those that are in use again."""
        now = asyncio.get_running_loop().time()
        ripe = [chain for chain, at in self._retired.items() if at + RETIRE_SECONDS <= now]
        for chain in ripe:
            del self._retired[chain]
        unused = [chain for chain in ripe if not self.ledger.has_chain(chain)]
        if not unused or self._renderer is None:
            return
        try:
            await self._run(self._renderer.deletion(unused))
        except NftError as error:
            LOG.warning("could not delete unused chains: %s", error)

    async def _load(self) -> None:
        async for attempt in AsyncRetrying(
            retry=retry_if_exception_type(NftError),
            wait=wait_random_exponential(multiplier=0.5, max=30),
            before_sleep=self._complain,
        ):
            with attempt:
                contents = self.ledger.contents()
                # Whatever it is that the kernel refuses, memories are not worth a second try.
                known = self._memories(contents) if attempt.retry_state.attempt_number == 1 else {}
                await self._replace(contents, known)
                self._nft.run(outbound(self._family, self._node))
        self._retired.clear()
        self._loaded = True
        LOG.info("table %s holds the rules of %d services", self._family, len(self.ledger.owners()))

    async def _replace(self, contents: Sequence[Change], known: Mapping[str, str]) -> None:
        renderer = Renderer(self._family, self._node)
        whole = renderer.load(contents, known) if len(contents) <= FEW_ELEMENTS else None
        if whole is not None and len(whole) <= ONE_TRANSACTION:
            self._nft.run(whole)
        else:
            other = next(name for name in TABLES if name != self._in_force())
            renderer = Renderer(self._family, self._node, other)
            for text in renderer.staged(contents, known):
                await asyncio.to_thread(self._nft.run, text)
        self._renderer = renderer

    def _in_force(self) -> str:
        """The table that packets go through; at the start it may be either, as an agent before us left it."""
        if self._renderer is not None:
            return self._renderer.table
        listed = self._nft.run(f"list tables {self._family}\n").split()
        present = [name for name in TABLES if name in listed]
        awake = [name for name in present if len(present) == 1 or not self._sleeps(name)]
        return awake[0] if awake else TABLES[1]

    def _sleeps(self, table: str) -> bool:
        return "flags dormant" in self._nft.run(f"list table {self._family} {table}\n")[:200]

    def _memories(self, contents: Sequence[Change]) -> dict[str, str]:
        """What a table that is there already remembers: an agent before us made it, or it was damaged."""
        wanted = {str(change.key) for change in contents if change.slot is Slot.MEMORIES}
        if not wanted:
            return {}
        try:
            return remembered(self._nft.run(f"list sets table {self._family} {self._in_force()}\n"), wanted)
        except NftError:
            return {}  # there is no such table

    def _complain(self, state: RetryCallState) -> None:
        if state.outcome is not None:
            LOG.error("the kernel refused the rules of table %s: %s", self._family, state.outcome.exception())

    async def _run(self, text: str) -> None:
        if len(text) <= INLINE_CHARACTERS:
            self._nft.run(text)
        else:
            await asyncio.to_thread(self._nft.run, text)


def _squash(changes: Sequence[Change]) -> list[Change]:
    """Several changes of one element (of Services that share it) as one."""
    found: dict[tuple[Any, Any], Change] = {}
    for change in changes:
        earlier = found.get((change.slot, change.key))
        old = earlier.old if earlier else change.old
        found[change.slot, change.key] = Change(change.slot, change.key, old, change.new)
    return [change for change in found.values() if change.old != change.new]
