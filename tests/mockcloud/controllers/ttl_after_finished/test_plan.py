"""When a finished Job is to go."""

from datetime import UTC, datetime

import pytest

from mockcloud.controllers.objects.jobs import parse_job
from mockcloud.controllers.ttl_after_finished.plan import seconds_left
from testkit import objects

NOW = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("ttl", "condition", "left"),
    [
        pytest.param(90, "Complete", 30.0, id="later"),
        pytest.param(60, "Failed", 0.0, id="now"),
        pytest.param(None, "Complete", None, id="never"),
        pytest.param(0, "SuccessCriteriaMet", None, id="not-finished"),
    ],
)
def test_seconds_left(ttl, condition, left):
    """From the end on, well or not."""
    ended = {"type": condition, "status": "True", "lastTransitionTime": "2026-12-01T11:59:00Z"}
    body = objects.job("once", metadata={"uid": "j"}, status={"conditions": [ended]})
    if ttl is not None:
        body["spec"]["ttlSecondsAfterFinished"] = ttl
    assert seconds_left(parse_job(body), NOW) == left
