"""Label and field selectors."""

import pytest

from mockcloud.kube.resources.core.node import NODE
from mockcloud.kube.resources.events import EVENT, EVENT_NEW
from mockcloud.kube.resources.pods.pod import POD
from mockcloud.kube.resources.services.service import SERVICE
from mockcloud.kube.selectors import SelectorError, parse_labels, parse_selector

WEB = {
    "metadata": {"name": "web", "namespace": "prod", "labels": {"app": "web", "tier": "front", "rank": "7"}}
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("", True, id="empty-matches-all"),
        pytest.param("app=web", True, id="equals"),
        pytest.param("app==web", True, id="double-equals"),
        pytest.param("app=db", False, id="equals-other"),
        pytest.param("app!=db", True, id="differs"),
        pytest.param("zone!=a", True, id="differs-where-absent"),
        pytest.param("app in (web,db)", True, id="in"),
        pytest.param("app in (db)", False, id="in-other"),
        pytest.param("app notin (db, cache)", True, id="notin"),
        pytest.param("zone notin (a)", True, id="notin-where-absent"),
        pytest.param("app", True, id="exists"),
        pytest.param("zone", False, id="exists-where-absent"),
        pytest.param("!zone", True, id="absent"),
        pytest.param("!app", False, id="absent-where-present"),
        pytest.param("app=web,tier=front", True, id="both"),
        pytest.param("app=web,tier in (back),rank", False, id="one-of-three-fails"),
        pytest.param("app=", False, id="equals-empty"),
        pytest.param("rank>6", True, id="greater"),
        pytest.param("rank<7", False, id="less"),
        pytest.param("app>6", False, id="greater-of-a-word"),
        pytest.param(" app = web , tier = front ", True, id="blanks"),
    ],
)
def test_label_selector_matches(text, expected):
    """The selector grammar of kubectl -l."""
    assert all(term(WEB) for term in parse_labels(text)) is expected


@pytest.mark.parametrize(
    "text", ["=web", "app in web", "app=web tier=front", "a=b,", "-a=b", "app=we*b", "app>x", "a==b==c"]
)
def test_label_selector_that_is_none_is_refused(text):
    """A mistyped selector never silently selects something else."""
    with pytest.raises(SelectorError, match="unable to parse requirement"):
        parse_labels(text)


@pytest.mark.parametrize(
    ("kind", "text", "obj", "expected"),
    [
        pytest.param(SERVICE, "metadata.name=web", WEB, True, id="name"),
        pytest.param(SERVICE, "metadata.namespace!=prod", WEB, False, id="not-namespace"),
        pytest.param(SERVICE, "spec.type=NodePort", {"spec": {"type": "NodePort"}}, True, id="service-type"),
        pytest.param(POD, "spec.nodeName=", {"spec": {}}, True, id="unbound-pod"),
        pytest.param(POD, "spec.hostNetwork=false", {"spec": {}}, True, id="absent-boolean-is-false"),
        pytest.param(NODE, "spec.unschedulable=true", {"spec": {"unschedulable": True}}, True, id="boolean"),
        pytest.param(EVENT, "source=ctl", {"source": {"component": "ctl"}}, True, id="event-source"),
        pytest.param(
            EVENT,
            "involvedObject.kind=Pod,involvedObject.name=a",
            {"involvedObject": {"kind": "Pod", "name": "a"}},
            True,
            id="what-kubectl-describe-asks",
        ),
        pytest.param(EVENT_NEW, "regarding.name=a", {"involvedObject": {"name": "a"}}, True, id="other-view"),
    ],
)
def test_field_selector_matches(kind, text, obj, expected):
    """Each kind has its own selectable fields."""
    assert parse_selector(kind, "", text).matches({"metadata": {}, **obj}) is expected


@pytest.mark.parametrize(
    ("kind", "text", "message"),
    [
        pytest.param(SERVICE, "spec.foo=x", "field label not supported: spec.foo", id="unknown-field"),
        pytest.param(
            NODE, "metadata.namespace=x", "field label not supported: metadata.namespace", id="no-namespace"
        ),
        pytest.param(SERVICE, "spec.type", "invalid selector: 'spec.type'", id="no-sign"),
    ],
)
def test_field_selector_that_is_none_is_refused(kind, text, message):
    """An unknown field is an error, not an empty list."""
    with pytest.raises(SelectorError, match=message):
        parse_selector(kind, "", text)
