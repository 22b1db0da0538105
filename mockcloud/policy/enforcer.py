"""Keeps a node's tables true to the API's NetworkPolicies: the shell around the pure rules.

Nothing is watched but NetworkPolicies until there is the first one: then pods and namespaces are, too.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Final

from mockcloud.client.informer import Informer
from mockcloud.client.objects import Key, Object, key_of
from mockcloud.client.odd import readable
from mockcloud.client.resources import NAMESPACES, NETWORK_POLICIES, PODS
from mockcloud.client.rest import Client
from mockcloud.policy.decide.convert import pod_view, policy_view
from mockcloud.policy.decide.rules import table
from mockcloud.policy.decide.table import ONE_TRANSACTION, TABLES, Table, changed, staged
from mockcloud.policy.decide.views import PodView, PolicyView, World
from mockcloud.proxy.decide.views import Family
from mockcloud.proxy.guard import Guard
from mockcloud.proxy.nftables import Nft, NftError

LOG: Final = logging.getLogger(__name__)
COALESCE_SECONDS: Final = 0.005
REPAIR_SECONDS: Final = 0.1  # whoever damages the tables may not be done yet
RETRY_SECONDS: Final = 2.0
ADMIT_SECONDS: Final = 10.0
"""How long a new pod waits; then it is tried anew, with an Event that says why."""


class NotInForce(Exception):
    """A new pod would be open to all; the message says why."""


class NetworkPolicies:
    """Those of one node's pods. `nft` is used by nobody else: it is by its socket that we are known."""

    def __init__(self, client: Client, nft: Nft, families: Sequence[Family]) -> None:
        self._nft = nft
        self._policies = Informer(client, NETWORK_POLICIES)
        self._pods, self._namespaces = Informer(client, PODS), Informer(client, NAMESPACES)
        self._policy_views: dict[Key, PolicyView] = {}
        self._pod_views: dict[Key, PodView] = {}
        self._own: dict[str, tuple[Object, tuple[str, ...]]] = {}  # uid -> pod of this node, its addresses
        self._tables = {family: _KernelTable(family, nft) for family in families}
        self._wake = asyncio.Event()
        self._following = False  # pods and namespaces are known, and rules in force
        self._why_not = ""
        self._in_force = asyncio.Event()  # all that is known of policies is in the kernel

    async def admit(self, pod: Object, ips: Sequence[str]) -> None:
        """A new pod of this node has these addresses: on return the policies are its, too.

        NotInForce where they are not known or not in the kernel in time; then it may not run, for it would be
        open to all.
        """
        self.begin(pod, ips)
        try:
            async with asyncio.timeout(ADMIT_SECONDS):
                await self._in_force.wait()
        except TimeoutError:
            self.end(pod["metadata"]["uid"])
            why = self._why_not or "the API has not said yet which there are"
            msg = f"network policies are not in force on this node: {why}"
            raise NotInForce(msg) from None

    def begin(self, pod: Object, ips: Sequence[str]) -> None:
        """A pod of this node has these addresses; one that was admitted is known already."""
        uid, known = pod["metadata"]["uid"], (pod, tuple(ips))
        if self._own.get(uid) == known:
            return
        self._own[uid] = known
        if self._following:
            self._update()

    def end(self, uid: str) -> None:
        """It is gone."""
        if self._own.pop(uid, None) is not None:
            self._wake.set()

    async def run(self) -> None:
        """Until cancelled. What the kernel has stays there until all is known."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._policies.run(self._on_policy), name="watch network policies")
            await self._policies.synced.wait()
            while not self._policy_views:
                self._in_force.set()
                self._remove_left_over()
                await self._wake.wait()
                self._wake.clear()
            group.create_task(self._pods.run(self._on_pod), name="watch pods")
            group.create_task(self._namespaces.run(self._on_namespace), name="watch namespaces")
            await self._pods.synced.wait()
            await self._namespaces.synced.wait()
            await self._keep()

    def _remove_left_over(self) -> None:
        for family, each in self._tables.items():
            try:
                each.remove_left_over()
            except NftError as error:
                self._refused(family, error)

    def _refused(self, family: Family, error: NftError) -> None:
        self._why_not = f"the kernel refused them: {error}"
        LOG.error("the kernel refused the rules of network policies, table %s: %s", family, error)
        asyncio.get_running_loop().call_later(RETRY_SECONDS, self._wake.set)

    async def _keep(self) -> None:
        with self._guard() as damaged:
            while True:
                self._wake.clear()
                if damaged():
                    LOG.warning("somebody else changed our tables of network policies: loading them again")
                    await asyncio.sleep(REPAIR_SECONDS)
                    for each in self._tables.values():
                        each.distrust()
                self._update()
                self._following = True
                await self._wake.wait()
                await asyncio.sleep(COALESCE_SECONDS)

    @contextlib.contextmanager
    def _guard(self) -> Iterator[Callable[[], bool]]:
        """Gives a question: has somebody else changed our tables since it was last asked?"""
        if not self._nft.one_socket:
            yield lambda: False  # the proxy's guard has said that it is not to be had without libnftables
            return
        with Guard(self._nft, TABLES, self._wake.set) as guard:
            yield guard.damaged

    def _update(self) -> None:
        world, good = self._world(), True
        for family, each in self._tables.items():
            try:
                each.become(table(world, family))
            except NftError as error:
                good = False
                self._refused(family, error)
        if good:
            self._in_force.set()
        else:
            self._in_force.clear()

    def _world(self) -> World:
        labels = {
            key[1]: each["metadata"].get("labels") or {} for key, each in self._namespaces.items.items()
        }
        return World(
            tuple(self._policy_views.values()), tuple(self._pod_views.values()), tuple(self._local()), labels
        )

    def _local(self) -> Iterator[PodView]:
        for uid, (pod, ips) in self._own.items():
            key = key_of(pod)
            seen = self._pods.items.get(key)
            now = seen if seen is not None and seen["metadata"]["uid"] == uid else pod
            view = readable("pod (policies)", key, partial(pod_view, ips=ips), now)
            if view is not None:
                yield view

    def _on_policy(self, key: Key, _old: Object | None, new: Object | None) -> None:
        self._policy_views.pop(key, None)
        if (view := readable("networkpolicy", key, policy_view, new)) is not None:
            self._policy_views[key] = view
        if not self._following and self._policy_views:
            self._in_force.clear()
        self._wake.set()

    def _on_pod(self, key: Key, _old: Object | None, new: Object | None) -> None:
        before = self._pod_views.pop(key, None)
        view = readable("pod (policies)", key, pod_view, new)
        if view is not None:
            self._pod_views[key] = view
        if view != before:
            self._wake.set()

    def _on_namespace(self, _key: Key, old: Object | None, new: Object | None) -> None:
        if old is None or new is None or old["metadata"].get("labels") != new["metadata"].get("labels"):
            self._wake.set()


class _KernelTable:
    """One family's."""

    def __init__(self, family: Family, nft: Nft) -> None:
        self._family, self._nft = family, nft
        self._has: Table | None = None  # None: it is not known
        self._name = ""

    def distrust(self) -> None:
        """What the kernel has may not be what it was told."""
        self._has = None

    def remove_left_over(self) -> None:
        """Of an agent before us, when there were policies."""
        if present := self._present():
            self._nft.run("".join(f"delete table {self._family} {name}\n" for name in present))
        self._has = Table()

    def become(self, wanted: Table) -> None:
        """NftError: it is as it was, or the next try loads all."""
        if self._has == wanted:
            return
        if not wanted.chains:
            self.remove_left_over()
            return
        if self._has is not None and self._has.chains:
            script = changed(self._has, wanted, self._family, self._name)
            if len(script) <= ONE_TRANSACTION and self._changed(script):
                self._has = wanted
                return
        self._load(wanted)

    def _changed(self, script: str) -> bool:
        try:
            self._nft.run(script)
        except NftError as error:
            LOG.warning("loading the rules of network policies, table %s, again: %s", self._family, error)
            return False
        return True

    def _load(self, wanted: Table) -> None:
        present = self._present()
        self._has = None
        name = next((each for each in TABLES if each not in present), TABLES[1])
        for script in staged(wanted, self._family, name, [each for each in TABLES if each != name]):
            self._nft.run(script)
        self._has, self._name = wanted, name

    def _present(self) -> list[str]:
        listed = self._nft.run(f"list tables {self._family}\n").split()
        return [name for name in TABLES if name in listed]
