"""Conversion by webhook, through the handler: what is asked, shown and stored, and what is refused."""

import asyncio
from contextlib import suppress

import orjson
import pytest

from mockcloud.kube.admission.webhooks.dispatch import CallFailed
from mockcloud.kube.serving.upkeep.custom_resources import CustomResources

DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
V1 = "/apis/example.com/v1/namespaces/default/pools"
V2 = V1.replace("/v1/", "/v2/")
DISCOVERY = "/apis/example.com/v1"
MERGE = {"Content-Type": "application/merge-patch+json"}
TEXT = {"type": "string"}


def version(name: str, *fields: str, storage: bool) -> dict:
    schema = {"type": "object", "properties": dict.fromkeys(fields, TEXT)}
    return {
        "name": name,
        "served": True,
        "storage": storage,
        "schema": {"openAPIV3Schema": schema},
        "selectableFields": [{"jsonPath": f".{field}"} for field in fields],
    }


DEFINITION = {
    "metadata": {"name": "pools.example.com"},
    "spec": {
        "group": "example.com",
        "scope": "Namespaced",
        "names": {"plural": "pools", "kind": "Pool"},
        "versions": [version("v1", "range", storage=True), version("v2", "first", "last", storage=False)],
        "conversion": {
            "strategy": "Webhook",
            "webhook": {
                "clientConfig": {"url": "https://hooks.example.com/convert"},
                "conversionReviewVersions": ["v1beta1", "v1"],
            },
        },
    },
}


class Webhook:
    """Converts a range `a-b` to its first and last, and back; `spoil` changes its answers."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, int]] = []
        self.spoil = lambda response: response

    async def __call__(self, client: dict, review: dict, _seconds: float) -> dict:
        request = review["request"]
        assert client["url"] == "https://hooks.example.com/convert"
        assert review["apiVersion"] == "apiextensions.k8s.io/v1beta1"
        self.asked.append((request["desiredAPIVersion"], len(request["objects"])))
        converted = [self.of(each, request["desiredAPIVersion"]) for each in request["objects"]]
        response = {"uid": request["uid"], "convertedObjects": converted, "result": {"status": "Success"}}
        return {**review, "response": self.spoil(response)}

    def of(self, obj: dict, wanted: str) -> dict:
        rest = {name: obj[name] for name in ("kind", "metadata")} | {"apiVersion": wanted}
        if wanted.endswith("/v1"):
            return {**rest, "range": f"{obj['first']}-{obj['last']}"}
        first, _, last = obj["range"].partition("-")
        return {**rest, "first": first, "last": last}


def pool(name: str, version: str, **fields: str) -> dict:
    return {"apiVersion": f"example.com/{version}", "kind": "Pool", "metadata": {"name": name}, **fields}


def said(obj: dict) -> dict:
    return {name: value for name, value in obj.items() if name != "metadata"}


@pytest.fixture
async def hook(api):
    api.webhook = webhook = Webhook()
    task = asyncio.create_task(CustomResources(api.registry).run())
    await api("POST", DEFINITIONS, DEFINITION)
    await api.until(V2, lambda status, _: status == 200)
    yield webhook
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_each_version_shows_what_the_webhook_makes(api, hook):
    """Written in one version, stored in another, shown in both; a list is asked about at once."""
    status, made = await api("POST", V2, pool("a", "v2", first="1", last="9"))
    assert (status, said(made)) == (201, said(pool("a", "v2", first="1", last="9")))
    assert hook.asked == [("example.com/v1", 1), ("example.com/v2", 1)]
    (stored,) = api.registry.store.objects("pools.example.com")
    assert said(stored.object) == said(pool("a", "v1", range="1-9"))
    await api("POST", V1, pool("b", "v1", range="2-3"))
    hook.asked.clear()
    _, found = await api("GET", V2)
    assert [said(each) for each in found["items"]] == [
        said(pool("a", "v2", first="1", last="9")),
        said(pool("b", "v2", first="2", last="3")),
    ]
    assert hook.asked == [("example.com/v2", 2)]
    _, patched = await api("PATCH", f"{V2}/b", {"last": "4"}, **MERGE)
    assert (patched["last"], patched["metadata"]["generation"]) == ("4", 2)
    assert (await api("GET", f"{V1}/b"))[1]["range"] == "2-4"
    assert (await api("DELETE", f"{V2}/a"))[0] == 200
    generated = {**pool("", "v2", first="5", last="6"), "metadata": {"generateName": "g-"}}
    assert (await api("POST", V2, generated))[0] == 201


async def test_fields_are_those_of_the_version_that_is_asked(api, hook):
    """Lists and watches choose by what the version shows, of what is stored otherwise."""
    await api("POST", V1, pool("a", "v1", range="1-2"))
    await api("POST", V1, pool("b", "v1", range="7-8"))
    _, found = await api("GET", f"{V2}?fieldSelector=first=7")
    assert [each["metadata"]["name"] for each in found["items"]] == ["b"]
    headers = {"Authorization": "Bearer secret"}
    async with api.client.get(f"{V2}?watch=1&fieldSelector=first=7", headers=headers) as watch:
        await api("PATCH", f"{V1}/a", {"range": "7-7"}, **MERGE)
        await api("PATCH", f"{V1}/b", {"range": "6-6"}, **MERGE)
        async with asyncio.timeout(60):
            events = [orjson.loads(await watch.content.readline()) for _ in range(3)]
    assert [
        (each["type"], each["object"]["metadata"]["name"], each["object"]["first"]) for each in events
    ] == [
        ("ADDED", "b", "7"),
        ("ADDED", "a", "7"),
        ("DELETED", "b", "7"),
    ]


async def test_another_version_is_stored_from_the_next_write_on(api, hook):
    """What was stored before is converted when it is read; storedVersions knows both."""
    await api("POST", V1, pool("a", "v1", range="1-2"))
    before = (await api("GET", DISCOVERY))[1]["resources"][0]["storageVersionHash"]
    versions = [version("v1", "range", storage=False), version("v2", "first", "last", storage=True)]
    _, changed = await api(
        "PATCH", f"{DEFINITIONS}/pools.example.com", {"spec": {"versions": versions}}, **MERGE
    )
    assert changed["status"]["storedVersions"] == ["v1", "v2"]
    await api.until(DISCOVERY, lambda _, body: body["resources"][0]["storageVersionHash"] != before)
    assert (await api("GET", f"{V1}/a"))[1]["range"] == "1-2"
    assert (await api("GET", f"{V2}/a"))[1]["first"] == "1"
    _, same = await api("GET", f"{V1}/a")
    assert (await api("PUT", f"{V1}/a", same))[0] == 200
    (stored,) = api.registry.store.objects("pools.example.com")
    assert said(stored.object) == said(pool("a", "v2", first="1", last="2"))


def broken(**change: object):
    return lambda response: {**response, **change}


def of_first(**change: object):
    return lambda response: {
        **response,
        "convertedObjects": [{**each, **change} for each in response["convertedObjects"]],
    }


def failing(_response: dict) -> dict:
    msg = 'Post "https://hooks.example.com/convert?timeout=30s": EOF'
    raise CallFailed(msg)


GVK = "conversion webhook for example.com/v2, Kind=Pool"


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (failing, f'{GVK} failed: Post "https://hooks.example.com/convert?timeout=30s": EOF'),
        (broken(uid="x"), f'{GVK} failed: expected response.uid="'),
        (broken(result={"status": "Failure", "message": "no way"}), f"{GVK} failed: no way"),
        (broken(convertedObjects=[]), f"{GVK} returned 0 objects, expected 1"),
        (of_first(apiVersion="x/v1"), f"{GVK} returned invalid object at index 0: invalid groupVersion ("),
        (of_first(kind="X"), f"{GVK} returned invalid object at index 0: invalid kind (expected Pool, rec"),
        (of_first(metadata={"name": "b"}), f"{GVK} returned invalid object: must have the same name: a !"),
    ],
)
async def test_what_a_webhook_does_not_convert_is_not_written(api, hook, spoil, message):
    """500 in upstream's words, and nothing is stored."""
    hook.spoil = spoil
    status, body = await api("POST", V2, pool("a", "v2", first="1", last="9"))
    assert (status, body["message"][: len(message)]) == (500, message)
    assert list(api.registry.store.objects("pools.example.com")) == []


async def test_a_webhook_changes_labels_and_annotations_alone(api, hook):
    """Whatever else it makes of metadata is not taken."""
    hook.of = lambda obj, wanted: {
        **Webhook().of(obj, wanted),
        "metadata": {**obj["metadata"], "labels": {"by": "hook"}, "finalizers": ["example.com/x"]},
    }
    _, made = await api("POST", V2, pool("a", "v2", first="1", last="9"))
    assert (made["metadata"]["labels"], made["metadata"].get("finalizers")) == ({"by": "hook"}, None)


async def test_a_watch_ends_when_its_objects_cannot_be_shown(api, hook):
    """The reason comes as an event."""
    await api("POST", V1, pool("a", "v1", range="1-2"))
    hook.spoil = failing
    headers = {"Authorization": "Bearer secret"}
    async with asyncio.timeout(60), api.client.get(f"{V2}?watch=1", headers=headers) as watch:
        events = [orjson.loads(line) async for line in watch.content]
    assert [(each["type"], each["object"]["code"]) for each in events] == [("ERROR", 500)]
