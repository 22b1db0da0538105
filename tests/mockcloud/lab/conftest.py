"""A lab of toy daemons, as a fixture: its keeper, supervisor, launchers and namespaces are the real ones."""

from __future__ import annotations

import os

import pytest

from mockcloud.lab import daemons as daemon_table
from mockcloud.lab.daemons import Interpreter, Plan
from mockcloud.lab.errors import LabError
from mockcloud.lab.lifecycle import down, up
from mockcloud.lab.namespaces import enter_user_and_pid_namespace
from mockcloud.lab.processes import supervisor
from mockcloud.lab.processes.forking import fork
from mockcloud.lab.state import folder
from mockcloud.lab.topology import topology


@pytest.fixture(scope="session")
def user_namespaces():
    """Skips, with the system's own reason, where an ordinary user gets no user namespace."""
    if os.waitstatus_to_exitcode(os.waitpid(fork(_probe), 0)[1]):
        pytest.skip("this system gives no user namespace")


def _probe():
    try:
        enter_user_and_pid_namespace()
    except LabError:
        return 1
    return 0


@pytest.fixture
def start_lab(monkeypatch, tmp_path, user_namespaces):
    """start_lab(daemons, name=..., nodes=..., ...) -> its folder, up; taken down at the end.

    `timeout` and `tell` are those of `up`.
    """
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    modules = dict.fromkeys(Interpreter, ("json",)) | {Interpreter.NODE: ("mockcloud.lab.network",)}
    monkeypatch.setattr(daemon_table, "_MODULES", modules)
    started = []

    def start(*toys, name="test", nodes=1, timeout=60.0, tell=lambda _report: None):
        lab = folder(name)
        plan = Plan(topology(nodes), "none", ipv6=False)
        table = (daemon_table._network(plan), *toys)
        monkeypatch.setattr(supervisor, "daemons", lambda *_: table)
        started.append(lab)
        up(plan, lab, tell, timeout)
        return lab

    yield start
    for lab in started:
        down(lab)
    assert not list(tmp_path.iterdir()), "a lab's folder stayed behind"
