"""Pods' records and the locks on them."""

import os

import pytest

from mockcloud.node.sandbox.records import Entrance, PodKey, Record, RecordStore, entrance

RECORD = Record("uid-1", "default", "web-1", ("10.244.1.2", "fd00::2"), "veth1", 5.0, ("main", "side"))
MOST_PIDS = 1 << 22  # of any Linux: no process has a higher number


def test_a_locked_record_is_a_living_pod(tmp_path):
    """While the holder has its descriptor, an agent that comes finds the pod; afterwards the folder goes."""
    store = RecordStore(tmp_path)
    lock = store.write(RECORD)
    assert list(RecordStore(tmp_path).living()) == [RECORD]
    os.close(lock)
    assert list(RecordStore(tmp_path).living()) == []
    assert list((tmp_path / "pods").iterdir()) == []


def test_a_half_written_record_is_no_pod(tmp_path):
    """An agent that died while it wrote leaves nothing that counts."""
    store = RecordStore(tmp_path)
    folder = store.folder(PodKey("default", "web-1", "uid-1"))
    folder.mkdir()
    (folder / "record.json").write_text('{"uid": "uid-1"')
    assert list(store.living()) == []
    assert not folder.exists()


def test_a_new_sandbox_of_the_same_pod_keeps_its_logs(tmp_path):
    """Only what the sandbox before left is removed."""
    store = RecordStore(tmp_path)
    first = store.write(RECORD)
    folder = store.folder(RECORD.key)
    (folder / "main.log").write_text("before\n")
    (folder / "control").write_text("")
    second = store.write(RECORD)
    assert sorted(found.name for found in folder.iterdir()) == ["main.log", "record.json"]
    os.close(first)
    os.close(second)


def test_a_living_pod_can_be_entered_by_its_main_container(tmp_path):
    """With what its holder wrote down; while no container runs, by its namespaces alone."""
    store = RecordStore(tmp_path)
    lock = store.write(RECORD)
    folder, ours = store.folder(RECORD.key), os.getpid()
    (folder / "pid").write_text(str(ours))
    assert entrance(tmp_path, "default", "web-1") == Entrance(ours, None, {}, {})
    (folder / "logs" / "main").mkdir(parents=True)
    (folder / "logs" / "main" / "environment.json").write_text('{"A": "1"}')
    (folder / "logs" / "main" / "confinement.json").write_text('{"uid": 7}')
    (folder / "logs" / "main" / "pid").write_text(str(ours))
    assert entrance(tmp_path, "default", "web-1") == Entrance(ours, ours, {"A": "1"}, {"uid": 7})
    (folder / "logs" / "main" / "pid").write_text(str(MOST_PIDS + 1))
    assert entrance(tmp_path, "default", "web-1") == Entrance(ours, None, {}, {})
    os.close(lock)
    assert entrance(tmp_path, "default", "web-1") is None


def test_a_pod_that_is_only_being_made_has_no_entrance(tmp_path):
    """Its record is locked, and its first process is not written down yet."""
    lock = RecordStore(tmp_path).write(RECORD)
    assert entrance(tmp_path, "default", "web-1") is None
    os.close(lock)
    assert entrance(tmp_path, "default", "other") is None


@pytest.mark.parametrize(
    "name", ["web*", "web-?", "*", "web-[1]", "web", "web-1_uid-1", "../pods/default_web-1"]
)
def test_a_pods_name_is_a_name_and_no_pattern(tmp_path, name):
    """`mockcloud exec default/web*` must not run its command in whichever pod comes first."""
    store = RecordStore(tmp_path)
    lock = store.write(RECORD)
    (store.folder(RECORD.key) / "pid").write_text(str(os.getpid()))
    assert entrance(tmp_path, "default", name) is None
    assert entrance(tmp_path, "*", "web-1") is None
    os.close(lock)
