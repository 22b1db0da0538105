"""Imports without collections: the collector is on again afterwards, whatever happens."""

import gc
import subprocess
import sys

import pytest

from baremetal_lb.imports import without_collections


def test_nothing_is_collected_meanwhile_and_everything_afterwards():
    """A daemon that never collected would grow."""
    with without_collections():
        meanwhile = gc.isenabled()

    assert (meanwhile, gc.isenabled()) == (False, True)


def test_an_import_that_fails_leaves_the_collector_on():
    """The command says what is missing, or goes on without."""
    with pytest.raises(ImportError), without_collections():
        raise ImportError

    assert gc.isenabled()


def test_what_is_imported_for_good_is_never_looked_through_again() -> None:
    """Thousands of objects are frozen, collecting is on again, and nothing was collected meanwhile."""
    code = """
import gc
from baremetal_lb.imports import for_good
looks = []
gc.callbacks.append(lambda phase, _about: looks.append(phase))
gc.unfreeze()
with for_good():
    import asyncio, dataclasses, http.client
    assert not gc.isenabled()
during = len(looks)
print(gc.isenabled(), gc.get_freeze_count() > 5000, during)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "True", "0"]
