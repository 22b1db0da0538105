"""What daemons do where their log cannot be written."""

import errno
import sys

import pytest
import structlog

from baremetal_lb.run import logs


class Full:
    """A file on a disk without space."""

    asked = False

    def write(self, _text):
        self.asked = True
        raise OSError(errno.ENOSPC, "No space left on device")

    def flush(self):
        raise OSError(errno.ENOSPC, "No space left on device")

    def isatty(self):
        return False


@pytest.fixture
def as_before():
    """Leaves structlog as it was."""
    before = structlog.get_config()
    yield
    structlog.configure(**before)


@pytest.mark.parametrize("form", ["json", "console"])
def test_a_full_disk_does_not_end_a_daemon(monkeypatch, as_before, form):
    """Addresses stay announced while the lines are lost."""
    monkeypatch.setattr(sys, "stdout", Full())
    logs.configure("info", form)

    structlog.get_logger("test").warning("nobody will read this", value=1)

    assert sys.stdout.asked
