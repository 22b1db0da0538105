"""Programs as processes: ready when they say so, and ended by their handle."""

from __future__ import annotations

import sys

import pytest

from testkit import daemons

READY = "import os, signal; fd = int(os.environ['READY_FD']); print('begun', flush=True); "
SAYS_SO = READY + "os.write(fd, b'\\n'); os.close(fd); signal.pause()"


def python(script):
    return [sys.executable, "-c", script]


def test_a_daemon_is_ready_when_it_says_so_and_ends_with_the_block(tmp_path):
    """What it printed is in its log."""
    log = tmp_path / "log"
    with daemons.running(python(SAYS_SO), log=log) as process:
        assert process.poll() is None
        assert log.read_text() == "begun\n"
    assert process.returncode == -15


@pytest.mark.parametrize(
    ("script", "how"),
    [
        pytest.param(
            "print('why'); raise SystemExit(3)", "ended with 3 before it was ready:\nwhy", id="ends"
        ),
        pytest.param(
            READY + "os.write(fd, b'x'); os.close(fd); signal.pause()", "before it was ready", id="other"
        ),
    ],
)
def test_a_daemon_that_does_not_get_ready_is_an_error_with_its_log(tmp_path, script, how):
    """And runs no more."""
    with pytest.raises(daemons.StartError, match=how):
        daemons.start(python(script), log=tmp_path / "log")


def test_one_that_takes_too_long_is_an_error(tmp_path, monkeypatch):
    """It is ended."""
    monkeypatch.setattr(daemons, "READY_SECONDS", 0.1)
    with pytest.raises(daemons.StartError, match="did not get ready"):
        daemons.start(python("import signal; signal.pause()"), log=tmp_path / "log")


def test_one_that_nobody_waits_for_is_returned_at_once(tmp_path):
    """It may never say that it is ready."""
    process = daemons.start(python("import signal; signal.pause()"), log=tmp_path / "log", wait=False)
    assert process.poll() is None
    daemons.stop(process)
