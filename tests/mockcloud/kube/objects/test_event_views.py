"""The two faces of an Event."""

from hypothesis import given
from hypothesis import strategies as st

from mockcloud.kube.objects.event_views import from_core, to_core

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
