"""The limit of open files, raised by the process itself."""

import resource

import pytest

from baremetal_lb.run import file_limit
from baremetal_lb.run.file_limit import MOST, raise_file_limit


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param((1024, 4096), (4096, 4096), id="to-the-hard-one"),
        pytest.param((4096, 4096), (4096, 4096), id="is-there-already"),
        pytest.param((1024, MOST * 4), (MOST, MOST * 4), id="to-what-is-of-use"),
        pytest.param((1024, resource.RLIM_INFINITY), (MOST, resource.RLIM_INFINITY), id="no-hard-one"),
        pytest.param((MOST * 2, MOST * 4), (MOST * 2, MOST * 4), id="never-down"),
    ],
)
def test_soft_limit_is_raised_to_the_hard_one(monkeypatch, before, after):
    """And never lowered; the limit in force is returned."""
    limits = [before]
    monkeypatch.setattr(file_limit.resource, "getrlimit", lambda _which: limits[-1])
    monkeypatch.setattr(file_limit.resource, "setrlimit", lambda _which, wanted: limits.append(wanted))
    assert raise_file_limit() == after[0]
    assert limits[-1] == after
