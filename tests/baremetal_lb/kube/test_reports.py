"""The object of a speaker."""

from datetime import UTC, datetime

import pytest

from baremetal_lb.decide.reports.text import write
from baremetal_lb.kube.reports import Reader, speaker_object
from baremetal_lb.model.objects import ObjectKey
from baremetal_lb.model.reports import Flaw, Report

WHERE, NOW = ObjectKey("baremetal-lb-speakers", "node-1"), datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def test_it_belongs_to_its_node():
    """So that it goes with it."""
    raw = speaker_object(WHERE, "some-uid", "text", NOW)
    assert raw["metadata"] == {
        "namespace": "baremetal-lb-speakers",
        "name": "node-1",
        "labels": {"app.kubernetes.io/name": "baremetal-lb", "app.kubernetes.io/component": "speaker"},
        "ownerReferences": [{"apiVersion": "v1", "kind": "Node", "name": "node-1", "uid": "some-uid"}],
    }
    assert raw["data"] == {"report": "text", "renewed": "2026-01-02T03:04:05Z"}
    assert "ownerReferences" not in speaker_object(WHERE, None, "text", NOW)["metadata"]


def test_what_was_written_is_read():
    """A sign of life alone is not read anew."""
    report, read = Report("node-1"), Reader()
    first = read(speaker_object(WHERE, None, write(report), NOW))
    assert (first.content, first.renewed) == (report, NOW)
    again = read(speaker_object(WHERE, None, write(report), NOW.replace(second=15)))
    assert again.content is first.content
    read.forget("node-1")
    assert read(speaker_object(WHERE, None, write(report), NOW)).content is not first.content


def test_a_report_under_another_name_is_not_used():
    """A speaker may speak of its own node only."""
    found = Reader()(speaker_object(ObjectKey("any", "node-2"), None, write(Report("node-1")), NOW))
    assert found.content.flaw is Flaw.OTHER_NODE


@pytest.mark.parametrize("data", [None, {}, {"ca.crt": "x"}], ids=["no data", "empty", "another's"])
def test_what_is_no_report_is_nothing(data):
    """Kubernetes puts a ConfigMap of its own into each namespace."""
    assert Reader()({"metadata": {"name": "kube-root-ca.crt"}, "data": data}) is None


@pytest.mark.parametrize("stamp", ["", "yesterday", "2026-13-01T00:00:00Z"])
def test_a_stamp_that_is_none_is_of_unknown_age(stamp):
    """It counts as old."""
    raw = {"metadata": {"name": "node-1"}, "data": {"report": write(Report("node-1")), "renewed": stamp}}
    assert Reader()(raw).renewed is None
