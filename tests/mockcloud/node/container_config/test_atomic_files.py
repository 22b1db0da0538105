"""Volumes' files, replaced all at once."""

import os

import pytest

from mockcloud.node.container_config.atomic_files import write_files
from mockcloud.node.pods.rendering import File

OURS = (os.getuid(), os.getgid())


def seen(folder):
    """What one who does not look at names with two dots finds, with modes."""
    return {
        str(path.relative_to(folder)): (path.read_text(), path.stat().st_mode & 0o777)
        for path in folder.rglob("*")
        if path.is_file() and not path.relative_to(folder).parts[0].startswith("..")
    }


def test_files_appear_with_their_modes_and_go_again(tmp_path):
    """Also those in folders; what is no longer wanted is gone, and so is the old version."""
    folder = tmp_path / "v"
    assert write_files(folder, {"a": File(b"1", 0o644), "b": File(b"2", 0o400)}, OURS)
    assert seen(folder) == {"a": ("1", 0o644), "b": ("2", 0o400)}
    assert write_files(folder, {"a": File(b"3", 0o644), "c": File(b"4", 0o600)}, OURS)
    assert seen(folder) == {"a": ("3", 0o644), "c": ("4", 0o600)}
    versions = [path for path in folder.iterdir() if path.is_dir() and not path.is_symlink()]
    assert len(versions) == 1
    assert (folder / "a").readlink().as_posix() == "..data/a"


def test_nothing_is_written_where_nothing_changed(tmp_path):
    """A reader's watch is not woken."""
    files = {"a": File(b"1", 0o644), "sub/b": File(b"2", 0o644)}
    assert write_files(tmp_path, files, OURS)
    before = (tmp_path / "..data").readlink()
    assert not write_files(tmp_path, files, OURS)
    assert (tmp_path / "..data").readlink() == before
    assert (tmp_path / "sub" / "b").read_text() == "2"
    assert write_files(tmp_path, {"a": File(b"1", 0o600), "sub/b": File(b"2", 0o644)}, OURS)


@pytest.mark.parametrize("files", [{}, {"..data2": File(b"x", 0o644)}])
def test_odd_volumes_are_volumes(tmp_path, files):
    """One with nothing in it, and one whose key looks like a version."""
    write_files(tmp_path, files, OURS)
    assert {name: (tmp_path / name).read_bytes() for name in files} == {
        name: file.content for name, file in files.items()
    }
