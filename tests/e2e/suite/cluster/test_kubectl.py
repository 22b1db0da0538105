"""kubectl's stream of JSON, cut anywhere, and watches that end when something is so."""

from __future__ import annotations

import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from e2e.suite.cluster.kubectl import Documents, Kubectl, KubectlError
from testkit.objects import config_map

DOCUMENTS = [
    {"type": "ADDED", "object": {"text": "a\nb"}},
    {"type": "MODIFIED", "object": {"list": [{}, {}]}},
]
STREAM = "".join(json.dumps(each) + "\n" for each in DOCUMENTS).encode()


@given(st.lists(st.integers(0, len(STREAM)), max_size=8))
def test_documents_are_the_same_however_they_come(places):
    """A read may end in the middle of any of them."""
    edges = [0, *sorted(places), len(STREAM)]
    documents = Documents()

    found = [each for start, end in itertools.pairwise(edges) for each in documents.feed(STREAM[start:end])]

    assert found == DOCUMENTS


@pytest.fixture
def kubectl(kube_api):
    """For an embedded API; a wait lasts a minute at most."""
    return Kubectl(kube_api.kubectl_binary, kube_api.environment, 60)


@pytest.mark.kubectl
def test_a_watch_ends_when_nothing_is_lacking(kubectl):
    """With what is there already, and with what comes to be."""
    kubectl.create(config_map("first", text="a"))
    kubectl.until(lambda seen: "" if "first" in seen else "no first", "configmaps")

    made = []

    def lacking(seen):
        if "first" in seen and not made:  # other objects may come between
            made.append(config_map("second", text="b"))
            kubectl.create(*made)
        return "" if "second" in seen else "no second"

    assert {"first", "second"} <= set(kubectl.until(lacking, "configmaps"))


def test_a_watch_that_takes_too_long_says_what_is_lacking(tmp_path):
    """In the words of the last look."""
    slow = tmp_path / "kubectl"
    event = {"type": "ADDED", "object": {"metadata": {"name": "one"}}}
    slow.write_text(f"#!/bin/sh\necho '{json.dumps(event)}'\nexec sleep 60\n")
    slow.chmod(0o755)
    with pytest.raises(AssertionError, match="configmaps: after 3 s one is too small"):
        Kubectl(str(slow), {}, 3).until(lambda seen: f"{', '.join(seen)} is too small", "configmaps")


@pytest.mark.kubectl
def test_what_is_not_there_is_none_and_a_mistake_is_told(kubectl):
    """kubectl's own words."""
    assert kubectl.find("configmap", "nowhere") is None
    with pytest.raises(KubectlError, match=r"kubectl get nonsense: .*nonsense"):
        kubectl("get", "nonsense")
