"""What is looked at before a lab is started, beside what test_failing_up.py tries as a whole."""

from __future__ import annotations

import os

import pytest

from mockcloud.lab.preflight import unreadable


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's pods have other users")
def test_an_environment_that_only_root_can_read_is_named(tmp_path):
    """As `umask 077; python3 -m venv` makes it: its lab would wait for its balancer in vain."""
    closed = tmp_path / "venv"
    closed.mkdir(mode=0o700)
    assert (
        unreadable([closed]) == f"pods' users can't read {closed} (mode 700). Type: chmod -R go+rX {closed}"
    )
    closed.chmod(0o755)
    assert unreadable([closed]) == ""


def test_this_one_can_be_read():
    """What runs these tests is what labs of theirs run."""
    assert unreadable() == ""
