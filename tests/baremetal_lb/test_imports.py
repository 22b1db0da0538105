"""Imports without collections: the collector is on again afterwards, whatever happens."""

import gc

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
