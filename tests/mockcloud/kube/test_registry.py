"""Writes: admission comes before each, knows who writes, and may wait; nothing stale is committed."""

import asyncio
from random import Random

import pytest

from mockcloud.kube.admission.built_in import chain
from mockcloud.kube.auth.rbac.policy import Policy
from mockcloud.kube.auth.user import API_SERVER, User
from mockcloud.kube.registry import WRITE_TRIES, Author, Place, Registry
from mockcloud.kube.resources.built_in import BUILT_IN
from mockcloud.kube.resources.core.configmap import CONFIG_MAP
from mockcloud.kube.resources.core.namespace import NAMESPACE
from mockcloud.kube.resources.scheme import Scheme
from mockcloud.kube.resources.services.service import SERVICE
from mockcloud.kube.service_allocation.allocator import ServiceAllocator
from mockcloud.kube.storage.store import Store
from mockcloud.kube.writes.deletion import DeleteOptions
from mockcloud.kube.writes.refusals import Refusal, bad_request

NOT_TODAY = bad_request("not today")
ANN = Author(User("ann", ("devs",)))
SERVER = Author(API_SERVER)
MAP = Place(CONFIG_MAP, "default", "one")
BODY = {"metadata": {"name": "one"}, "data": {"a": "1"}}


class Gate:
    """A member that waits, as a webhook's answer does: the next write tells that it is there, and stays."""

    def __init__(self):
        self.seen: asyncio.Queue = asyncio.Queue()
        self.opened = asyncio.Event()

    async def __call__(self, write):
        if write.user is ANN.user:
            self.seen.put_nowait(write)
            await self.opened.wait()


def cluster(*cidrs):
    store, uids = Store(), iter(range(1000))
    allocator = ServiceAllocator(cidrs or ("10.96.0.0/16",), (), Random(1))
    made = Registry(
        store,
        Scheme(BUILT_IN),
        chain(Policy(store), Random(1), asyncio.sleep),
        allocator,
        lambda: 0.0,
        lambda: f"u{next(uids)}",
        Random(1),
    )
    for name in ("default", "other"):
        store.put(NAMESPACE.storage, ("", name), {"metadata": {"name": name, "uid": name}})
    return made


@pytest.fixture
async def registry():
    made = cluster()
    await made.create(MAP, BODY, SERVER)
    return made


@pytest.fixture
def gate(registry):
    found = Gate()
    registry.admission.validating.append(found)
    return found


def setting(**data):
    """What a patch does: it changes what is there."""
    return lambda obj: {**obj, "data": {**obj["data"], **data}}


async def while_it_waits(gate, write, meanwhile):
    """What becomes of Ann's write, during whose admission somebody else does `meanwhile`."""
    async with asyncio.TaskGroup() as group, asyncio.timeout(60):
        task = group.create_task(outcome(write))
        await gate.seen.get()
        await meanwhile
        gate.opened.set()
    return task.result()


async def outcome(write):
    """What it returns, or its refusal."""
    try:
        return await write
    except Refusal as refusal:
        return refusal


def data(registry):
    return registry.get(MAP).object["data"]


async def test_a_member_sees_who_writes_what(registry):
    """User, operation, the object as it would be and as it was, for each kind of write."""
    seen = []

    async def record(write):
        seen.append((write.user, str(write.operation), write.object.get("data"), write.old))

    registry.admission.validating.append(record)
    other = Place(CONFIG_MAP, "default", "two")
    made = await registry.create(other, {**BODY, "metadata": {"name": "two"}}, ANN)
    changed = await registry.update(other, setting(b="2"), ANN)
    await registry.delete(other, DeleteOptions(), ANN)
    assert seen == [
        (ANN.user, "CREATE", {"a": "1"}, None),
        (ANN.user, "UPDATE", {"a": "1", "b": "2"}, made.object),
        (ANN.user, "DELETE", None, changed.object.object),
    ]


async def test_members_change_in_order_and_then_check(registry):
    """Each sees what those before it made; where one that only checks refuses, nothing is stored."""
    order = []

    async def one(write):
        order.append("one")
        return {**write.object, "data": {"by": "one"}}

    async def two(write):
        order.append(write.object["data"]["by"])
        return {**write.object, "data": {"by": "two"}}

    async def check(write):
        order.append(write.object["data"]["by"])
        raise NOT_TODAY

    registry.admission.mutating += [one, two]
    await registry.update(MAP, setting(), ANN)
    assert data(registry) == {"by": "two"}
    registry.admission.validating.append(check)
    order.clear()
    with pytest.raises(Refusal, match="not today"):
        await registry.update(MAP, setting(c="3"), ANN)
    assert order == ["one", "one", "two"]
    assert data(registry) == {"by": "two"}


async def test_a_patch_that_waited_is_applied_to_what_came_meanwhile(registry, gate):
    """Neither write is lost."""
    end = await while_it_waits(
        gate, registry.update(MAP, setting(b="2"), ANN), registry.update(MAP, setting(c="3"), SERVER)
    )
    assert end.object.object["data"] == {"a": "1", "b": "2", "c": "3"}


async def test_a_put_that_waited_is_a_conflict_where_it_names_an_older_version(registry, gate):
    """As it would have been had it come later."""
    version = registry.get(MAP).object["metadata"]["resourceVersion"]
    put = {**BODY, "metadata": {"name": "one", "resourceVersion": version}, "data": {"a": "9"}}
    end = await while_it_waits(
        gate, registry.update(MAP, lambda _: put, ANN), registry.update(MAP, setting(c="3"), SERVER)
    )
    assert end.reason == "Conflict"
    assert data(registry) == {"a": "1", "c": "3"}


@pytest.mark.parametrize("again", [False, True], ids=["gone", "made-anew"])
async def test_what_was_deleted_meanwhile_does_not_come_back(registry, gate, again):
    """The object of that name that is there now is another one; where there is none, 404."""

    async def meanwhile():
        await registry.delete(MAP, DeleteOptions(), SERVER)
        if again:
            await registry.create(MAP, {**BODY, "data": {"new": "yes"}}, SERVER)

    write = registry.update(MAP, setting(b="2"), ANN)
    if again:
        await while_it_waits(gate, write, meanwhile())
        assert data(registry) == {"new": "yes", "b": "2"}
    else:
        end = await while_it_waits(gate, write, meanwhile())
        assert end.code == 404
        assert registry.store.get(CONFIG_MAP.storage, MAP.key) is None


async def test_a_deletion_with_a_precondition_holds_for_what_is_there_at_last(registry, gate):
    """The version was right when it was asked for, and is not any more."""
    options = DeleteOptions(resource_version=registry.get(MAP).object["metadata"]["resourceVersion"])
    end = await while_it_waits(
        gate, registry.delete(MAP, options, ANN), registry.update(MAP, setting(c="3"), SERVER)
    )
    assert end.reason == "Conflict"
    assert data(registry) == {"a": "1", "c": "3"}


@pytest.mark.parametrize(
    ("namespace", "ends", "code"),
    [
        pytest.param("default", None, 409, id="name-taken"),
        pytest.param("other", "deletionTimestamp", 403, id="namespace-ends"),
        pytest.param("other", "gone", 404, id="namespace-gone"),
    ],
)
async def test_a_create_that_waited_finds_its_place_taken_or_gone(registry, gate, namespace, ends, code):
    """What was checked before the wait is checked again."""
    place = Place(CONFIG_MAP, namespace, "two")
    body = {**BODY, "metadata": {"name": "two"}}

    async def meanwhile():
        if ends is None:
            await registry.create(place, body, SERVER)
        elif ends == "gone":
            registry.store.delete(NAMESPACE.storage, ("", namespace))
        else:
            ending = {"metadata": {"name": namespace, "uid": "x", ends: "t"}}
            registry.store.put(NAMESPACE.storage, ("", namespace), ending)

    end = await while_it_waits(gate, registry.create(place, body, ANN), meanwhile())
    assert end.code == code


async def test_two_services_that_waited_do_not_get_one_address():
    """Addresses are given at the commit: the range of one address is full for the second."""
    registry, gate = cluster("10.0.0.0/30"), Gate()
    registry.admission.validating.append(gate)
    async with asyncio.TaskGroup() as group, asyncio.timeout(60):
        bodies = [{"metadata": {"name": name}, "spec": {"ports": [{"port": 80}]}} for name in "abc"]
        writes = [registry.create(Place(SERVICE, "default"), body, ANN) for body in bodies]
        tasks = [group.create_task(outcome(write)) for write in writes]
        for _ in tasks:
            await gate.seen.get()
        assert list(registry.store.objects(SERVICE.storage)) == []
        gate.opened.set()
    ends = [task.result() for task in tasks]
    given = [end.object["spec"]["clusterIP"] for end in ends if not isinstance(end, Refusal)]
    assert sorted(given) == ["10.0.0.1", "10.0.0.2"]
    (refused,) = [end for end in ends if isinstance(end, Refusal)]
    assert "range is full" in refused.message


async def test_a_client_that_goes_away_while_it_waits_writes_nothing(registry, gate):
    """No object, no version."""
    version = registry.store.version
    task = asyncio.ensure_future(registry.update(MAP, setting(b="2"), ANN))
    async with asyncio.timeout(60):
        await gate.seen.get()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert (registry.store.version, data(registry)) == (version, {"a": "1"})


async def test_a_write_that_always_comes_late_ends_as_a_conflict(registry):
    """After some tries, rather than never."""
    tries = []

    async def meddle(write):
        if write.user is ANN.user:
            tries.append(write)
            await registry.update(MAP, setting(n=str(len(tries))), SERVER)

    registry.admission.validating.append(meddle)
    with pytest.raises(Refusal) as refused:
        await registry.update(MAP, setting(b="2"), ANN)
    assert (refused.value.reason, len(tries)) == ("Conflict", WRITE_TRIES)
    assert "b" not in data(registry)
