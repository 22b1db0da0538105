"""Looks at what all Services share: one request answers all who asked before it was sent.

Many Services are synced at a time, and each asks for the same. Nobody is told what was before they asked.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

from mockcloud.ccm.aws.client import Aws
from mockcloud.ccm.aws.decide.calls import Call
from mockcloud.ccm.aws.decide.plans.node_rules import NodeGroups, after

T = TypeVar("T")


class Shared(Generic[T]):
    """One question at a time."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()
        self._sent = 0  # requests
        self._known: tuple[Hashable, T] | None = None  # the last question with its answer

    async def ask(self, question: Hashable, look: Callable[[], Awaitable[T]]) -> T:
        """What `look` gives, or gave somebody whose request for the same was sent after this call."""
        sent = self._sent
        async with self._turn:
            if self._sent > sent and self._known is not None and self._known[0] == question:
                return self._known[1]
            self._known = None
            self._sent += 1
            answer = await look()
            self._known = question, answer
            return answer


class NodeRules:
    """The rules of nodes' security groups: one Service at a time changes them, and several may need one."""

    def __init__(self, aws: Aws, look: Callable[[], Awaitable[NodeGroups]]) -> None:
        self._aws, self._look = aws, look
        self._turn = asyncio.Lock()
        self._looks = 0
        self._known: NodeGroups | None = None

    async def change(self, plan: Callable[[NodeGroups], list[Call]]) -> None:
        """Perform what a plan says of the groups as they were seen after this call, with the changes since.

        Raises what the plan raises, and ProviderError: then it is not known how far it went.
        """
        looks = self._looks
        async with self._turn:
            known, self._known = self._known, None
            if known is None or self._looks == looks:
                self._looks += 1
                known = await self._look()
            for call in plan(known):
                await self._aws.perform([call])
                known = after(known, call)
            self._known = known
