"""What the page shows, kept true: watches of the lab's API, and the lab's own files.

Each part of the page is JSON text. Who reads it is told which parts have changed since it last looked: a slow
browser gets fewer pictures, and never a queue of old ones.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import orjson

from mockcloud.client.informer import Informer
from mockcloud.client.resources import CONFIG_MAPS, EVENTS, NODES, PODS, SERVICES
from mockcloud.client.rest import Client
from mockcloud.dashboard import cloud
from mockcloud.dashboard.decide import picture, pools
from mockcloud.faults import store
from mockcloud.lab.errors import LabError
from mockcloud.lab.pauses import seen

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mockcloud.client.objects import Object
    from mockcloud.lab.state import LabFolder, LabState

_PAUSE: Final = 0.1  # changes come in bursts
_LOOK_SECONDS: Final = 0.5  # files of the lab have no watch


class Reader:
    """One browser: which parts it has not been sent as they are now."""

    def __init__(self, parts: set[str]) -> None:
        self._stale = parts
        self._woken = asyncio.Event()
        self._woken.set()

    def tell(self, parts: set[str]) -> None:
        """These have changed, or (none) something else has."""
        self._stale |= parts
        self._woken.set()

    async def changed(self, seconds: float) -> list[str]:
        """Which parts are to be sent; none where nothing has come for so many seconds."""
        try:
            async with asyncio.timeout(seconds):
                await self._woken.wait()
        except TimeoutError:
            return []
        self._woken.clear()
        stale, self._stale = sorted(self._stale), set()
        return stale


class Picture:
    """The picture of one lab. LabError where it is not up."""

    def __init__(self, folder: LabFolder) -> None:
        self.parts: dict[str, bytes] = {}
        self.over = False
        """Nothing more will come: the lab has ended, or the program does."""
        self._folder = folder
        self._state = folder.read()
        self._readers: set[Reader] = set()
        self._changed = asyncio.Event()
        self._informers: dict[str, Informer] = {}

    @contextmanager
    def reading(self) -> Iterator[Reader]:
        """A reader, who is told of changes while this lasts."""
        reader = Reader(set(self.parts))
        self._readers.add(reader)
        try:
            yield reader
        finally:
            self._readers.remove(reader)

    def put(self, name: str, part: object) -> None:
        """Show this part so from now on."""
        text = orjson.dumps(part)
        if self.parts.get(name) == text:
            return
        self.parts[name] = text
        for reader in self._readers:
            reader.tell({name})

    def touch(self) -> None:
        """Look again now: something was done to the lab."""
        self._changed.set()

    def end(self) -> None:
        """Tell all readers that nothing more comes."""
        self.over = True
        for reader in self._readers:
            reader.tell(set())

    async def follow(self) -> None:
        """Until cancelled, or until the lab ends."""
        loop, ended = asyncio.get_running_loop(), asyncio.Event()
        keeper = os.pidfd_open(self._state.keeper_pid)
        loop.add_reader(keeper, ended.set)
        try:
            async with Client.from_kubeconfig(str(self._folder.kubeconfig)) as client:
                self._informers = _informers(client)
                work = [each.run(self._heard) for each in self._informers.values()]
                work += [self._draw_on_change(), self._look_at_files()]
                if cloud.is_there(self._folder):
                    work.append(cloud.follow(self._folder, lambda part: self.put("cloud", part)))
                tasks = [loop.create_task(each, name="picture") for each in work]
                end = loop.create_task(ended.wait(), name="the lab's end")
                try:
                    done, _ = await asyncio.wait([*tasks, end], return_when=asyncio.FIRST_COMPLETED)
                    for task in done:
                        await task
                finally:
                    for task in (*tasks, end):
                        task.cancel()
                    await asyncio.gather(*tasks, end, return_exceptions=True)
        finally:
            loop.remove_reader(keeper)
            os.close(keeper)
            self.end()

    def _heard(self, *_change: object) -> None:
        self._changed.set()

    async def _draw_on_change(self) -> None:
        while True:
            self._changed.clear()
            self._draw()
            await self._changed.wait()
            await asyncio.sleep(_PAUSE)

    async def _look_at_files(self) -> None:
        before = None
        while True:
            now = (_stamp(self._folder.state), _stamp(self._folder.faults), self._connected())
            if now != before:
                self._changed.set()
            before = now
            await asyncio.sleep(_LOOK_SECONDS)

    def _connected(self) -> bool:
        return all(each.connected_since is not None for each in self._informers.values())

    def _draw(self) -> None:
        try:
            self._state = seen(self._folder.read())
            faults = store.on(self._folder)
        except LabError:  # it is going down: what comes next is its end
            return
        for name, part in self._rows(self._state, faults).items():
            self.put(name, part)

    def _rows(self, state: LabState, faults: list[Any]) -> dict[str, object]:
        services = picture.services(self._objects("services"))
        pods = picture.pods(self._objects("pods"))
        config = next(iter(self._objects("pools")), None)
        in_use = {address for row in services for address in row.external}
        return {
            "lab": {
                "name": state.name,
                "phase": state.phase,
                "connected": self._connected(),
                "daemons": picture.daemons_on(state, ""),
            },
            "hosts": picture.hosts(state, self._objects("nodes"), services, pods, faults),
            "services": services,
            "pods": pods,
            "pools": pools.shown(config, in_use),
            "faults": [
                {
                    "id": each.number,
                    "kind": each.kind,
                    "hosts": each.hosts,
                    "since": each.since,
                    "what": each.text,
                }
                for each in faults
            ],
            "events": picture.events(self._objects("events")),
        }

    def _objects(self, which: str) -> list[Object]:
        return list(self._informers[which].items.values())


def _informers(client: Client) -> dict[str, Informer]:
    by_name = {"nodes": NODES, "pods": PODS, "services": SERVICES, "events": EVENTS}
    found = {name: Informer(client, resource) for name, resource in by_name.items()}
    only = f"metadata.name={pools.NAME}"
    found["pools"] = Informer(client, CONFIG_MAPS, namespace=pools.NAMESPACE, field_selector=only)
    return found


def _stamp(file: Path) -> int:
    try:
        return file.stat().st_mtime_ns
    except FileNotFoundError:
        return 0
