"""Selectors as text."""

import pytest

from mockcloud.kube.resources.apps.deployment import DEPLOYMENT as KIND
from mockcloud.kube.resources.core.replicationcontroller import REPLICATION_CONTROLLER
from mockcloud.kube.writes.refusals import Refusal
from mockcloud.kube.writes.subresources import scale_of, scaled, selector_text
from testkit import objects

WEB = {"metadata": {"name": "web"}, "spec": {"replicas": 0}}


def test_a_scale_of_none_states_no_number():
    """As the API server shows it: zero is left out."""
    assert scale_of(KIND, WEB)["spec"] == {}


def test_a_replication_controller_selects_by_labels_alone():
    """Its selector is a map of them."""
    body = objects.replication_controller("web", labels={"b": "2", "a": "1"})
    assert scale_of(REPLICATION_CONTROLLER, body)["status"]["selector"] == "a=1,b=2"


def test_a_scale_of_another_name_is_refused():
    """The name in the body is that of the URL."""
    with pytest.raises(Refusal, match="does not match the name on the URL"):
        scaled(KIND, WEB, {"metadata": {"name": "x"}, "spec": {"replicas": 1}})


@pytest.mark.parametrize(
    ("selector", "text"),
    [
        pytest.param({}, "", id="empty"),
        pytest.param({"matchLabels": {"b": "2", "a": "1"}}, "a=1,b=2", id="labels"),
        pytest.param(
            {"matchExpressions": [{"key": "k", "operator": "In", "values": ["b", "a"]}]},
            "k in (a,b)",
            id="in",
        ),
        pytest.param(
            {"matchExpressions": [{"key": "k", "operator": "NotIn", "values": ["a"]}]},
            "k notin (a)",
            id="notin",
        ),
        pytest.param({"matchExpressions": [{"key": "k", "operator": "Exists"}]}, "k", id="exists"),
        pytest.param({"matchExpressions": [{"key": "k", "operator": "DoesNotExist"}]}, "!k", id="absent"),
    ],
)
def test_selector_text(selector, text):
    """What Scale.status.selector and the SELECTOR column say."""
    assert selector_text(selector) == text
