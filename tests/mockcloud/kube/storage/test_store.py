"""The store: versions, history, snapshots, and who is told of what."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockcloud.kube.storage.store import (
    OBJECT_LIMIT,
    Change,
    ObjectTooLarge,
    Reach,
    Store,
    Verb,
    VersionTooOld,
    VersionUnknown,
)

KIND = "services"


def body(name: str, namespace: str = "default", **fields: object) -> dict:
    return {"metadata": {"name": name, "namespace": namespace}, **fields}


def put(store: Store, name: str, namespace: str = "default", kind: str = KIND, **fields: object) -> int:
    return store.put(kind, (namespace, name), body(name, namespace, **fields)).version


def names(stored) -> list[str]:
    return [each.object["metadata"]["name"] for each in stored]


def test_versions_rise_by_one_over_all_kinds():
    """One counter serves all kinds, so that versions order all that happened."""
    store = Store()
    assert [put(store, "a"), put(store, "b", kind="pods"), put(store, "a", x=1)] == [1, 2, 3]
    assert store.version == 3


def test_a_stored_object_carries_its_version():
    """What a client reads tells the version to watch from."""
    store = Store()
    put(store, "a")
    stored = store.get(KIND, ("default", "a"))
    assert stored is not None
    assert stored.object["metadata"]["resourceVersion"] == "1"
    assert stored.copy() == stored.object


def test_objects_come_in_order_of_namespace_and_name():
    """Lists are in key order, whatever the order of the writes."""
    store = Store()
    for name, namespace in (("b", "z"), ("a", "z"), ("c", "a")):
        put(store, name, namespace)
    assert names(store.objects(KIND)) == ["c", "a", "b"]
    assert names(store.objects(KIND, "z")) == ["a", "b"]
    assert names(store.objects(KIND, "nowhere")) == []


def test_a_namespace_that_begins_like_another_is_not_it():
    """`web` does not list what is in `web-2`."""
    store = Store()
    put(store, "a", "web")
    put(store, "b", "web-2")
    assert names(store.objects(KIND, "web")) == ["a"]


def test_changes_since_a_version_are_all_later_ones_of_the_kind():
    """A watch that resumes sees each later change once, and none of another kind."""
    store = Store()
    put(store, "a")
    put(store, "other", kind="pods")
    put(store, "a", x=1)
    store.delete(KIND, ("default", "a"))
    verbs = [(change.verb, change.new.version) for change in store.changes_since(KIND, 1)]
    assert verbs == [(Verb.MODIFIED, 3), (Verb.DELETED, 4)]


def test_a_deletion_has_a_version_of_its_own_and_the_last_state():
    """A DELETED event says what the object was, under the version of its end."""
    store = Store()
    put(store, "a", x=1)
    gone = store.delete(KIND, ("default", "a"))
    assert gone is not None
    assert (gone.version, gone.object["x"], gone.object["metadata"]["resourceVersion"]) == (2, 1, "2")
    assert store.delete(KIND, ("default", "a")) is None


def test_history_is_bounded_and_says_where_it_starts():
    """A version that the history no longer reaches is refused in Kubernetes' words."""
    store = Store(reach=Reach(changes=2, seconds=0))
    for number in range(5):
        put(store, "a", x=number)
    assert [change.new.version for change in store.changes_since(KIND, 3)] == [4, 5]
    with pytest.raises(VersionTooOld, match=r"too old resource version: 2 \(3\)"):
        store.changes_since(KIND, 2)


def test_a_busy_kind_does_not_push_out_the_history_of_a_quiet_one():
    """Leases that renew all the time do not cost a Service watch its place."""
    store = Store(reach=Reach(changes=2, seconds=0))
    put(store, "a")
    for number in range(50):
        put(store, "lease", kind="leases", x=number)
    assert store.changes_since(KIND, 1) == []


def test_a_version_of_the_future_is_unknown():
    """A version that was never given out is not waited for."""
    with pytest.raises(VersionUnknown, match="Too large resource version: 7, current: 0"):
        Store().changes_since(KIND, 7)


def test_listeners_hear_of_a_change_before_the_write_returns_until_they_leave():
    """Whoever subscribes misses nothing and is not called after leaving."""
    store = Store()
    heard: list[Change] = []
    leave = store.subscribe(KIND, heard.append)
    put(store, "a")
    put(store, "a", kind="pods")
    leave()
    put(store, "b")
    assert [change.new.version for change in heard] == [1]


def test_a_write_that_cannot_be_recorded_has_not_happened():
    """The journal comes first: its error leaves the store as it was."""
    store = Store()

    def refuse(_: Change) -> None:
        msg = "disk full"
        raise OSError(msg)

    store.recorders.append(refuse)
    with pytest.raises(OSError, match="disk full"):
        put(store, "a")
    assert (store.version, store.get(KIND, ("default", "a"))) == (0, None)


STEPS = st.lists(st.tuples(st.sampled_from("abcd"), st.booleans()), max_size=30)


@given(STEPS, st.integers(min_value=1, max_value=40))
def test_every_remembered_version_can_be_seen_again(steps, history):
    """A snapshot is what a list at that version would have shown, as long as the history reaches back."""
    store, seen = Store(reach=Reach(changes=history, seconds=0)), {0: []}
    for number, (name, is_delete) in enumerate(steps):
        if is_delete:
            store.delete(KIND, ("default", name))
        else:
            put(store, name, x=number)
        seen[store.version] = [stored.encoded for stored in store.objects(KIND)]
    floor = store.shelf(KIND).floor
    for version, state in seen.items():
        if version >= floor:
            assert [stored.encoded for stored in store.snapshot(KIND, version)] == state
        else:
            with pytest.raises(VersionTooOld):
                store.snapshot(KIND, version)


@given(STEPS, st.integers(min_value=0, max_value=30))
def test_replaying_changes_onto_a_snapshot_gives_the_present(steps, since):
    """List at a version, then apply the changes since: nothing lost, nothing twice."""
    store = Store()
    for number, (name, is_delete) in enumerate(steps):
        if is_delete:
            store.delete(KIND, ("default", name))
        else:
            put(store, name, x=number)
    since = min(since, store.version)
    state = {stored.object["metadata"]["name"]: stored.encoded for stored in store.snapshot(KIND, since)}
    for change in store.changes_since(KIND, since):
        exists = change.key[1] in state
        assert exists is (change.verb is not Verb.ADDED)
        if change.verb is Verb.DELETED:
            del state[change.key[1]]
        else:
            state[change.key[1]] = change.new.encoded
    assert state == {stored.object["metadata"]["name"]: stored.encoded for stored in store.objects(KIND)}


def test_history_is_bounded_in_bytes():
    """Many versions of a large object are forgotten sooner than many of small ones."""
    store, size = Store(reach=Reach(size=8 << 20)), 1 << 20
    for number in range(20):
        put(store, "a", data=f"{number}" + "x" * size)
    assert len(store.shelf(KIND).history) == 7
    with pytest.raises(VersionTooOld):
        store.changes_since(KIND, 1)
    assert [change.new.version for change in store.changes_since(KIND, 18)] == [19, 20]


def test_changes_are_remembered_for_a_time_and_some_for_longer():
    """Whoever was away for less than that misses nothing, however much was written."""
    now = [0.0]
    store = Store(reach=Reach(changes=2, seconds=300), clock=lambda: now[0])
    for number in range(50):
        put(store, "a", x=number)
        now[0] = number
    assert len(store.changes_since(KIND, 0)) == 50
    now[0] = 1000.0
    put(store, "a")
    assert [change.new.version for change in store.changes_since(KIND, 49)] == [50, 51]
    with pytest.raises(VersionTooOld):
        store.changes_since(KIND, 48)


def test_a_version_is_listed_for_a_time_whatever_is_written():
    """Also one of a kind that nobody writes: its continue tokens end as those of others."""
    now = [0.0]
    store = Store(reach=Reach(shown=300), clock=lambda: now[0])
    version = put(store, "a")
    for seconds in (100.0, 299.0):
        now[0] = seconds
        put(store, "busy", kind="leases")
        assert names(store.snapshot(KIND, version)) == ["a"]
    now[0] = 400.0
    with pytest.raises(VersionTooOld):
        store.snapshot(KIND, version)
    assert names(store.snapshot(KIND, store.version)) == ["a"]


def test_an_object_beyond_the_limit_is_not_kept():
    """Nothing has happened: no version is spent, nobody is told."""
    store = Store()
    told: list[Change] = []
    store.subscribe(KIND, told.append)
    with pytest.raises(ObjectTooLarge, match="limit is 1572864"):
        put(store, "a", data="x" * OBJECT_LIMIT)
    assert (store.version, told, store.get(KIND, ("default", "a"))) == (0, [], None)
