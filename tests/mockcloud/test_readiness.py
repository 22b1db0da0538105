"""READY_FD."""

import os

import pytest

from mockcloud.readiness import announce_ready


def test_announce_ready_writes_one_newline_and_closes(monkeypatch):
    """And removes the variable, so that children do not say it again."""
    read, write = os.pipe()
    monkeypatch.setenv("READY_FD", str(write))
    announce_ready()
    with os.fdopen(read, "rb") as pipe:
        assert pipe.read() == b"\n"
    assert "READY_FD" not in os.environ
    announce_ready()


def test_announce_ready_survives_that_nobody_listens(monkeypatch):
    """Whoever started us may be gone."""
    read, write = os.pipe()
    os.close(read)
    monkeypatch.setenv("READY_FD", str(write))
    announce_ready()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(write)


def test_announce_ready_names_a_bad_number(monkeypatch):
    """The thing, its value and what was expected."""
    monkeypatch.setenv("READY_FD", "three")
    with pytest.raises(ValueError, match="READY_FD is 'three': expected the number"):
        announce_ready()
