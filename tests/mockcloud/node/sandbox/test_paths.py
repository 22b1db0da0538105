"""Ways into folders that somebody else may change."""

import os
from pathlib import Path

import pytest

from mockcloud.node.sandbox.paths import LeadsAway, descend, named


@pytest.fixture
def start(tmp_path):
    """A descriptor of a folder with a folder, a file and links."""
    (tmp_path / "in/a").mkdir(parents=True)
    (tmp_path / "in/file").write_text("x")
    (tmp_path / "out").mkdir()
    (tmp_path / "in/away").symlink_to("../out")
    (tmp_path / "in/a/up").symlink_to("..")
    fd = os.open(tmp_path / "in", os.O_PATH)
    yield fd
    os.close(fd)


def reached(start, *parts, **wishes):
    """The real path of what is there."""
    fd = descend(start, parts, **wishes)
    try:
        return os.readlink(named(fd))
    finally:
        os.close(fd)


@pytest.mark.parametrize("parts", [(), ("a",), ("file",)])
def test_what_is_there_is_reached(start, tmp_path, parts):
    """A folder, a file, or where one began."""
    assert reached(start, *parts) == str(tmp_path.joinpath("in", *parts))


def test_what_is_missing_is_made_on_the_way(start, tmp_path):
    """Folders, and a file where that is asked for; for their owner."""
    assert reached(start, "a", "b", "c", owner=os.getuid()) == f"{tmp_path}/in/a/b/c"
    assert Path(reached(start, "d", "f", owner=os.getuid(), folder=False)).is_file()
    assert (tmp_path / "in/a/b/c").is_dir()


@pytest.mark.parametrize("parts", [("away",), ("away", "new"), ("a", "up"), ("file", "x")])
@pytest.mark.parametrize("owner", [None, os.getuid()])
def test_links_are_not_followed(start, tmp_path, parts, owner):
    """At the end as on the way, whether they lead out or not."""
    with pytest.raises(LeadsAway if parts[0] != "file" or owner is None else OSError):
        descend(start, parts, owner)
    assert list((tmp_path / "out").iterdir()) == []


def test_what_is_not_there_is_not_found(start):
    """Without an owner nothing is made."""
    with pytest.raises(FileNotFoundError):
        descend(start, ("a", "b"))
