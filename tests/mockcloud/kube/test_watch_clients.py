"""Watches over real HTTP with the official asyncio client: nothing is missed, nothing comes twice."""

import asyncio
import json
import os
import random
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import pytest
from kubernetes.aio import client, config, watch

from testkit.objects import config_map

SERVICES = 6
WRITES = 150


@asynccontextmanager
async def core(api) -> AsyncIterator[client.CoreV1Api]:
    before = open_sockets()
    async with await config.new_client_from_config(str(api.kubeconfig), persist_config=False) as connection:
        yield client.CoreV1Api(connection)
    # aiohttp does not wait for TLS to say its goodbyes on connections whose answers were not read to the end.
    with suppress(TimeoutError):
        async with asyncio.timeout(1):
            while open_sockets() - before:  # noqa: ASYNC110 - no event tells
                await asyncio.sleep(0.001)


def open_sockets() -> set[str]:
    """This process's sockets, by the kernel's numbers for them."""
    found = set()
    for descriptor in Path("/proc/self/fd").iterdir():
        with suppress(OSError):
            found.add(os.readlink(descriptor))
    return {each for each in found if each.startswith("socket:")}


async def version_now(api: client.CoreV1Api, namespace: str = "default") -> str:
    listed = await api.list_namespaced_config_map(namespace, limit=1)
    return listed.metadata.resource_version


@dataclass
class Seen:
    """What one watcher has seen, by version."""

    events: list[tuple[int, str, str]] = field(default_factory=list)

    def take(self, event: dict) -> int:
        raw = event["raw_object"]
        version = int(raw["metadata"]["resourceVersion"])
        if event["type"] != "BOOKMARK":
            self.events.append((version, event["type"], raw["metadata"]["name"]))
        return version


async def follow(api, since: int, until: int, seen: Seen, *, cut_after: Callable[[], int]) -> None:
    """Watch from `since` until `until` is seen; the connection is cut again and again, and resumed."""
    while since < until:
        left = cut_after()
        try:
            async with core(api) as connected, watch.Watch() as stream:
                events = stream.stream(
                    connected.list_namespaced_config_map,
                    "default",
                    resource_version=str(since),
                    timeout_seconds=20,
                )
                async for event in events:
                    since = seen.take(event)
                    left -= 1
                    if since >= until or left <= 0:
                        break
        except (OSError, aiohttp.ClientError):
            await asyncio.sleep(0.05)  # the server is being restarted; there is no event to wait for


async def write_a_lot(api, count: int, rng: random.Random) -> list[tuple[int, str, str]]:
    """Random creates, patches and deletes; what the answers said that happened."""
    happened: list[tuple[int, str, str]] = []
    alive: set[str] = set()
    async with core(api) as connected:
        for number in range(count):
            name = f"cm-{rng.randrange(SERVICES)}"
            if name not in alive:
                made = await connected.create_namespaced_config_map(
                    "default", config_map(name, n=str(number))
                )
                happened.append((int(made.metadata.resource_version), "ADDED", name))
                alive.add(name)
            elif rng.random() < 0.3:
                await connected.delete_namespaced_config_map(name, "default")
                happened.append((int(await version_now(connected)), "DELETED", name))
                alive.remove(name)
            else:
                change = {"data": {"n": str(number)}}
                patched = await connected.patch_namespaced_config_map(name, "default", change)
                happened.append((int(patched.metadata.resource_version), "MODIFIED", name))
    return happened


async def test_resumed_watches_miss_and_repeat_nothing(kube_api_factory):
    """Watchers that are cut at arbitrary points see exactly what the writer was told, in order."""
    api = kube_api_factory()
    rng = random.Random(1)
    async with core(api) as connected:
        start = int(await version_now(connected))
    watchers = [Seen() for _ in range(3)]
    until = start + WRITES
    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        for seen in watchers:
            group.create_task(follow(api, start, until, seen, cut_after=lambda: rng.randint(1, 60)))
        writing = group.create_task(write_a_lot(api, WRITES, rng))
    happened = writing.result()
    assert [version for version, _, _ in happened] == list(range(start + 1, until + 1))
    for seen in watchers:
        assert seen.events == happened


async def test_watches_resume_over_a_crash_of_the_server(kube_api_factory):
    """kill -9 and a new process: objects, versions and history are the same, and the watch goes on."""
    api = kube_api_factory()
    rng = random.Random(2)
    async with core(api) as connected:
        start = int(await version_now(connected))
    seen, happened = Seen(), []
    for _ in range(3):
        since = seen.events[-1][0] if seen.events else start
        before = await write_a_lot_from_scratch(api, 12, rng)
        api.kill()
        api.start()
        after = await write_a_lot_from_scratch(api, 12, rng)
        happened += [*before, *after]
        async with asyncio.timeout(60):
            await follow(api, since, happened[-1][0], seen, cut_after=lambda: 1000)
    assert seen.events == happened


async def write_a_lot_from_scratch(api, count: int, rng: random.Random) -> list[tuple[int, str, str]]:
    """As `write_a_lot`, after removing what is there but the cluster's own, which would come back."""
    removed: list[tuple[int, str, str]] = []
    async with core(api) as connected:
        there = (await connected.list_namespaced_config_map("default")).items
        for item in (each for each in there if each.metadata.name != "kube-root-ca.crt"):
            await connected.delete_namespaced_config_map(item.metadata.name, "default")
            removed.append((int(await version_now(connected)), "DELETED", item.metadata.name))
    return [*removed, *await write_a_lot(api, count, rng)]


async def test_a_watch_that_is_open_sees_the_crash_and_nothing_false(kube_api_factory):
    """A watcher connected while the server dies gets an end or an error, never a made-up event."""
    api = kube_api_factory()
    async with core(api) as connected:
        start = int(await version_now(connected))
    seen = Seen()
    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        group.create_task(follow(api, start, start + 40, seen, cut_after=lambda: 1000))
        first = await write_a_lot_from_scratch(api, 20, random.Random(3))
        await asyncio.to_thread(restart, api)
        second = []
        async with core(api) as connected:
            for number in range(start + 40 - first[-1][0]):
                made = await connected.create_namespaced_config_map("default", config_map(f"late-{number}"))
                second.append((int(made.metadata.resource_version), "ADDED", f"late-{number}"))
    assert seen.events == [*first, *second]


def restart(api) -> None:
    api.kill()
    api.start()


async def test_a_version_that_is_forgotten_is_410(kube_api):
    """A watch from before the history gets an ERROR event with Kubernetes' words."""
    async with core(kube_api) as connected:
        await connected.create_namespaced_config_map("default", config_map("busy"))
        first = await version_now(connected)
        for number in range(19):
            await connected.patch_namespaced_config_map(
                "busy", "default", {"data": {"n": str(number % 10) * 900_000}}
            )
        response = await connected.list_namespaced_config_map_without_preload_content(
            "default",
            watch=True,
            resource_version=first,
        )
        line = json.loads(await response.content.readline())
        assert line["type"] == "ERROR"
        assert (line["object"]["code"], line["object"]["reason"]) == (410, "Expired")
        assert line["object"]["message"].startswith(f"too old resource version: {first} (")
        async with watch.Watch() as stream:
            events = stream.stream(
                connected.list_namespaced_config_map, "default", resource_version=first, timeout_seconds=5
            )
            with pytest.raises(client.ApiException, match="Expired: too old resource version"):
                await anext(events)
        response.close()


async def test_selectors_turn_changes_into_arrivals_and_departures(kube_api):
    """What enters the selection is ADDED, what leaves is DELETED with the version of the change."""
    async with core(kube_api) as connected:
        start = await version_now(connected)
        await connected.create_namespaced_config_map("default", config_map("moving"))
        for labels in ({"in": "yes"}, {"in": "no"}, {"in": "yes"}):
            await connected.patch_namespaced_config_map("moving", "default", {"metadata": {"labels": labels}})
        await connected.delete_namespaced_config_map("moving", "default")
        seen = Seen()
        async with watch.Watch() as stream:
            async for event in stream.stream(
                connected.list_namespaced_config_map,
                "default",
                resource_version=start,
                label_selector="in=yes",
                timeout_seconds=1,
            ):
                seen.take(event)
    assert [verb for _, verb, _ in seen.events] == ["ADDED", "DELETED", "ADDED", "DELETED"]
    assert [version - int(start) for version, _, _ in seen.events] == [2, 3, 4, 5]


async def test_bookmarks_come_before_the_end_and_carry_the_newest_version(kube_api):
    """A quiet watch still learns how far it is, 2 s before its time is up."""
    async with core(kube_api) as connected:
        response = await connected.list_namespaced_config_map_without_preload_content(
            "default",
            watch=True,
            resource_version=await version_now(connected),
            allow_watch_bookmarks=True,
            timeout_seconds=3,
        )
        made = await connected.create_namespaced_secret("default", {"metadata": {"name": "other-kind"}})
        lines = [json.loads(line) async for line in response.content]
    assert [line["type"] for line in lines] == ["BOOKMARK"]
    assert lines[0]["object"]["metadata"]["resourceVersion"] == made.metadata.resource_version


async def test_a_watch_without_a_version_begins_with_what_is_there(kube_api):
    """No list is needed: the first events are the present state."""
    async with core(kube_api) as connected:
        names = set()
        async with watch.Watch() as stream:
            async for event in stream.stream(connected.list_namespace, timeout_seconds=1):
                assert event["type"] == "ADDED"
                names.add(event["object"].metadata.name)
    assert names == {"default", "kube-system", "kube-public", "kube-node-lease"}


async def test_a_streamed_list_ends_with_a_marked_bookmark(kube_api):
    """sendInitialEvents (KEP-3157): the state as events, then a bookmark that says that it is whole."""
    async with core(kube_api) as connected:
        response = await connected.list_namespace_without_preload_content(
            watch=True,
            send_initial_events=True,
            resource_version_match="NotOlderThan",
            allow_watch_bookmarks=True,
            timeout_seconds=1,
        )
        lines = [json.loads(line) async for line in response.content]
    assert [line["type"] for line in lines] == ["ADDED"] * 4 + ["BOOKMARK"]
    assert lines[-1]["object"]["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}


@pytest.fixture
async def web_socket(kube_api):
    """Opens a WebSocket at a path of the API, as the administrator, with these headers more."""
    async with core(kube_api) as connected, aiohttp.ClientSession() as session:
        api = connected.api_client
        token = {"Authorization": await api.configuration.get_api_key_with_prefix("BearerToken")}
        context = ssl.create_default_context(cafile=api.configuration.ssl_ca_cert)
        if api.configuration.cert_file:
            context.load_cert_chain(api.configuration.cert_file, api.configuration.key_file)

        def opened(path: str, **options):
            headers = {**token, **options.pop("headers", {})}
            return session.ws_connect(
                f"{api.configuration.host}{path}", ssl=context, headers=headers, **options
            )

        yield connected, opened


async def test_a_watch_by_web_socket_has_a_message_for_each_event(web_socket):
    """fabric8's Java client watches so; at the end of its time it is closed in order, and leaving ends it."""
    connected, opened = web_socket
    path = "/api/v1/namespaces/default/configmaps?watch=true&fieldSelector=metadata.name=told"
    async with opened(path, origin="https://here", protocols=["any"]) as socket:
        assert socket.protocol == "any"
        await connected.create_namespaced_config_map("default", config_map("told"))
        await connected.delete_namespaced_config_map("told", "default")
        async with asyncio.timeout(60):
            for expected in ("ADDED", "DELETED"):
                message = await socket.receive()
                assert message.type is aiohttp.WSMsgType.TEXT
                event = json.loads(message.data)
                assert (event["type"], event["object"]["metadata"]["name"]) == (expected, "told")
    async with opened(f"{path}&timeoutSeconds=1", origin="https://here") as socket:
        async with asyncio.timeout(60):
            message = await socket.receive()
        assert (message.type, message.data) == (aiohttp.WSMsgType.CLOSE, 1000)


@pytest.mark.parametrize(
    ("options", "code"), [({}, 403), ({"origin": "https://here", "protocols": ["one", "two"]}, 400)]
)
async def test_handshakes_that_a_real_api_refuses(web_socket, options, code):
    """Without an Origin, or with a choice of protocols."""
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        async with web_socket[1]("/api/v1/pods?watch=1", **options):
            pass
    assert refused.value.status == code


async def test_an_orderly_stop_ends_watches_cleanly(kube_api_factory):
    """SIGTERM: open watches get their end, and the process exits 0 without waiting for their clients."""
    api = kube_api_factory()
    async with core(api) as connected:
        response = await connected.list_namespace_without_preload_content(
            watch=True,
        )
        for _ in range(4):
            await response.content.readline()
        async with asyncio.timeout(60):
            assert await asyncio.to_thread(api.stop) == 0
            assert await response.content.read() == b""
