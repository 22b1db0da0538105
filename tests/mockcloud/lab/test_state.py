"""A lab's folder: where it is, whose it is at any moment, and what is said where it cannot be."""

from __future__ import annotations

import fcntl
import os
import threading
from pathlib import Path

import pytest

from mockcloud.lab.errors import LabError
from mockcloud.lab.state import folder


@pytest.fixture
def lab(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return folder("test")


@pytest.mark.parametrize("said", ["", "relative/state"], ids=["empty", "relative"])
def test_a_state_home_that_is_no_absolute_path_is_ignored(monkeypatch, tmp_path, said):
    """The XDG Base Directory Specification calls relative paths invalid; daemons run in / besides."""
    monkeypatch.setenv("XDG_STATE_HOME", said)
    monkeypatch.setenv("HOME", str(tmp_path))

    assert folder("test").path == tmp_path / ".local" / "state" / "mockcloud" / "test"


@pytest.mark.parametrize("question", ["acquire", "is_alive", "read"])
def test_a_place_where_no_folder_can_be_is_a_persons_mistake(monkeypatch, tmp_path, question):
    """The message names the folder, the system's reason, and what to set."""
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))

    with pytest.raises(LabError, match=r"file/mockcloud/test \(Not a directory\): XDG_STATE_HOME"):
        getattr(folder("test"), question)()


def test_a_lock_that_an_ending_lab_removed_meanwhile_is_taken_anew(monkeypatch, lab):
    """Otherwise two labs could hold the lock of one name, each on a file of its own."""
    opened = []

    def removed_after_opening(path, *arguments, real=os.open):
        fd = real(path, *arguments)
        if not opened:
            Path(path).unlink()
        opened.append(fd)
        return fd

    monkeypatch.setattr("mockcloud.lab.state.os.open", removed_after_opening)
    lock = lab.acquire()

    assert (len(opened), lab.is_alive()) == (2, True)
    os.close(lock)


def test_whoever_only_looks_keeps_nobody_out(lab):
    """`status` while `up` starts: the lock it holds for an instant is no lab."""
    lab.path.mkdir(parents=True)
    lab.lock.touch()
    look = os.open(lab.lock, os.O_RDWR)
    fcntl.flock(look, fcntl.LOCK_SH)
    assert not lab.is_alive()
    looking = threading.Timer(0.02, os.close, [look])
    looking.start()

    lock = lab.acquire()
    looking.join()

    assert lab.is_alive()
    os.close(lock)


def test_only_the_folder_of_a_dead_lab_is_removed(lab):
    """`down` may not take the folder from a lab that has started since."""
    assert not lab.remove_dead()
    lock = lab.acquire()
    assert not lab.remove_dead()
    assert lab.path.exists()
    os.close(lock)
    assert lab.remove_dead()
    assert not lab.path.exists()


def test_a_folder_behind_a_link_is_left_alone(lab, tmp_path):
    """`up` empties its folder, and `down` removes it: what a link leads to is somebody else's."""
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    (theirs / "file").touch()
    lab.path.parent.mkdir(parents=True)
    lab.path.symlink_to(theirs)

    with pytest.raises(LabError, match=r"symbolic link to .*theirs; remove the link"):
        lab.acquire()
    assert [path.name for path in theirs.iterdir()] == ["file"]


def test_a_link_in_a_labs_folder_is_removed_itself(lab, tmp_path):
    """What an earlier lab, or a person, left there is removed; not what it leads to."""
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    lock = lab.acquire()
    (lab.path / "data").symlink_to(theirs)

    assert lab.empty()
    assert theirs.exists()
    assert [path.name for path in lab.path.iterdir()] == ["lock"]
    os.close(lock)
