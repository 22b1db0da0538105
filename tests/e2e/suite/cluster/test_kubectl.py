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
    """For an embedded API; a wait lasts ten seconds."""
    return Kubectl(kube_api.kubectl_binary, kube_api.environment, 10)


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


@pytest.mark.kubectl
def test_a_watch_that_takes_too_long_says_what_is_lacking(kube_api):
    """In the words of the last look."""
    kubectl = Kubectl(kube_api.kubectl_binary, kube_api.environment, 1)
    with pytest.raises(AssertionError, match="configmaps: after 1 s it is too small"):
        kubectl.until(lambda _: "it is too small", "configmaps")


@pytest.mark.kubectl
def test_what_is_not_there_is_none_and_a_mistake_is_told(kubectl):
    """kubectl's own words."""
    assert kubectl.find("configmap", "nowhere") is None
    with pytest.raises(KubectlError, match=r"kubectl get nonsense: .*nonsense"):
        kubectl("get", "nonsense")
