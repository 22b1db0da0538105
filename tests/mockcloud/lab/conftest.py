"""A lab of toy daemons, as a fixture: its keeper, supervisor, launchers and namespaces are the real ones."""

from __future__ import annotations

import os

import pytest

from mockcloud.lab.components import registry
from mockcloud.lab.components.component import Interpreter
from mockcloud.lab.components.network import Networks
from mockcloud.lab.errors import LabError
from mockcloud.lab.forking import fork
from mockcloud.lab.lifecycle import down, up
from mockcloud.lab.namespaces import enter_user_and_pid_namespace
from mockcloud.lab.plan import Plan
from mockcloud.lab.state import folder


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

    The daemons of `provider`, one of `registry.PROVIDERS`, run too. `timeout` and `tell` are those of `up`.
    """
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    preloaded = dict.fromkeys(Interpreter, ("json",)) | Networks().modules()
    monkeypatch.setattr(registry, "modules", lambda _plan, interpreter: preloaded[interpreter])
    started = []

    def start(*toys, name="test", nodes=1, provider="none", timeout=60.0, tell=lambda _report: None, **ends):
        parts = (Networks(), *registry.PROVIDERS[provider])
        monkeypatch.setattr(
            registry, "daemons", lambda lab: (*(each for part in parts for each in part.daemons(lab)), *toys)
        )
        lab = folder(name)
        started.append(lab)
        up(Plan(nodes, provider, **ends), lab, tell, timeout)
        return lab

    yield start
    for lab in started:
        down(lab)
    assert not list(tmp_path.iterdir()), "a lab's folder stayed behind"
