"""The two faces of an Event."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockcloud.kube.resources.events import EVENT, from_core, to_core

FIELDS = (
    "action", "count", "firstTimestamp", "involvedObject", "lastTimestamp", "message", "metadata", "reason",
    "related", "reportingComponent", "reportingInstance", "series", "source", "type", "eventTime",
)  # fmt: skip


@given(st.dictionaries(st.sampled_from(FIELDS), st.integers()))
def test_there_and_back(event):
    """Nothing is lost between the views."""
    back = to_core(from_core(event))
    assert back == {"eventTime": None, **event, "apiVersion": "v1"}


def test_names():
    """The new names, and eventTime, which typed clients insist on."""
    shown = from_core(
        {"message": "m", "involvedObject": {}, "source": {}, "count": 2, "reportingComponent": "c"}
    )
    assert set(shown) == {
        "apiVersion", "note", "regarding", "deprecatedSource", "deprecatedCount",
        "reportingController", "eventTime",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("namespace", "about", "right"),
    [
        pytest.param("default", "default", True, id="same"),
        pytest.param("a", "b", False, id="other"),
        pytest.param("default", "", True, id="of-a-node"),
        pytest.param("a", "", False, id="of-a-node-elsewhere"),
    ],
)
def test_events_stand_where_their_object_does(namespace, about, right):
    """Those of cluster-wide objects in default."""
    event = {"metadata": {"namespace": namespace}, "involvedObject": {"namespace": about}}
    text = f'involvedObject.namespace: Invalid value: "{about}": does not match event.namespace'
    assert [str(cause) for cause in EVENT.validate(event, None)] == ([] if right else [text])
