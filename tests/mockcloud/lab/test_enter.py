"""Where a command of `mockcloud exec` finds its program."""

import pytest

from mockcloud.lab.enter import is_missing, way_to
from mockcloud.lab.errors import LabError
from mockcloud.lab.state import HostState, LabFolder, LabState

STATE = LabState(
    "one",
    "running",
    keeper_pid=1,
    supervisor_pid=2,
    hosts=tuple(HostState(name, "192.168.10.1", "fd00:10::1", 3) for name in ("client", "node-1", "node-2")),
)


@pytest.mark.parametrize("nodes", [[], ["node-2"], ["node-1", "node-2"]], ids=len)
def test_a_hosts_path_ends_with_the_small_clients_of_a_node(tmp_path, monkeypatch, nodes):
    """On a machine without curl or dig `mockcloud exec client -- curl` works as in a pod."""
    monkeypatch.setenv("PATH", "/usr/bin")
    for node in nodes:
        (tmp_path / "data" / node / "tools").mkdir(parents=True)
    found = way_to(LabFolder("one", tmp_path), STATE, "client").environment["PATH"].split(":")
    assert found[:3] == ["/usr/bin", "/usr/sbin", "/sbin"]
    assert found[3:] == [f"{tmp_path}/data/{node}/tools" for node in nodes[:1]]


def test_a_host_that_is_not_there_is_named_with_those_that_are(tmp_path):
    """A mistyped name."""
    with pytest.raises(LabError, match="no host is called 'node-9': this lab has client, node-1, node-2"):
        way_to(LabFolder("one", tmp_path), STATE, "node-9")


@pytest.mark.parametrize(
    ("command", "error", "missing"),
    [
        pytest.param("ping", PermissionError(), True, id="in-no-folder"),
        pytest.param("script", PermissionError(), False, id="not-executable"),
        pytest.param("/root/bin/x", PermissionError(), False, id="by-its-path"),
        pytest.param("ping", FileNotFoundError(), True, id="nowhere"),
        pytest.param("script", OSError(8, "Exec format error"), False, id="no-program"),
    ],
)
def test_a_missing_command_is_told_from_one_that_may_not_be_run(tmp_path, command, error, missing):
    """A folder of PATH that a user may not search, as root's after `su`, made each missing one a 126."""
    (tmp_path / "script").touch()

    assert is_missing(command, {"PATH": f"/nowhere:{tmp_path}"}, error) is missing
