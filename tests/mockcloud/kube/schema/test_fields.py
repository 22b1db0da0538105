"""Unknown and wrongly typed fields, in upstream's words."""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockcloud.kube.schema.fields import drop_unknown, strict_problems, type_problem

SERVICE = ("", "v1", "Service")
POD = ("", "v1", "Pod")
UNMARSHAL = "json: cannot unmarshal"
FIELD = "into Go struct field"
DEPLOYMENT = ("apps", "v1", "Deployment")
SECRET = ("", "v1", "Secret")
NODE = ("", "v1", "Node")

WEB = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {
        "name": "web",
        "labels": {"anything": "goes"},
        "managedFields": [{"fieldsV1": {"f:spec": {}}}],
    },
    "spec": {"ports": [{"port": 80, "targetPort": "http"}], "selector": {"app": "web"}},
}


@pytest.mark.parametrize(
    ("gvk", "obj", "problems"),
    [
        pytest.param(SERVICE, WEB, [], id="nothing-unknown"),
        pytest.param(SERVICE, {"spec": {"foo": 1}}, ['unknown field "spec.foo"'], id="in-a-struct"),
        pytest.param(
            SERVICE,
            {"spec": {"ports": [{"port": 80}, {"prt": 1, "nme": "x"}]}, "sepc": {}},
            [
                'unknown field "spec.ports[1].prt"',
                'unknown field "spec.ports[1].nme"',
                'unknown field "sepc"',
            ],
            id="in-a-list-in-document-order",
        ),
        pytest.param(
            DEPLOYMENT,
            {"spec": {"template": {"spec": {"containers": [{"ports": [{"contanerPort": 80}]}]}}}},
            ['unknown field "spec.template.spec.containers[0].ports[0].contanerPort"'],
            id="deep",
        ),
        pytest.param(
            SERVICE, {"spec": {"ports": None, "selector": "x"}}, [], id="wrong-types-are-not-its-business"
        ),
        pytest.param(("example.com", "v1", "Widget"), {"any": 1}, [], id="unknown-kind"),
    ],
)
def test_strict_problems(gvk, obj, problems):
    """fieldValidation=Strict lists every field that would be dropped."""
    assert strict_problems(gvk, obj) == problems


def test_drop_unknown_returns_the_object_itself_when_there_is_nothing_to_drop():
    """The usual write is not copied."""
    assert drop_unknown(SERVICE, WEB) is WEB


@pytest.mark.parametrize(
    ("obj", "kept"),
    [
        pytest.param({"metadata": {"labels": {}, "finalizers": []}}, {"metadata": {}}, id="empty"),
        pytest.param(
            {"spec": {"type": None, "selector": {"a": "b"}}}, {"spec": {"selector": {"a": "b"}}}, id="null"
        ),
        pytest.param(
            {"spec": {"ports": [None], "externalIPs": [None, "x"]}},
            {"spec": {"ports": [{}], "externalIPs": ["", "x"]}},
            id="null-in-a-list",
        ),
        pytest.param({"spec": {}}, {"spec": {}}, id="struct"),
        pytest.param(
            {"metadata": {"creationTimestamp": None}}, {"metadata": {"creationTimestamp": None}}, id="time"
        ),
    ],
)
def test_what_go_leaves_out_is_dropped(obj, kept):
    """Nulls, and lists and maps without anything in them; structs and times stay."""
    assert drop_unknown(SERVICE, obj) == kept


def test_drop_unknown_drops_at_every_depth_and_changes_nothing_it_was_given():
    """What is left of the object is its known fields."""
    obj = {"spec": {"foo": 1, "ports": [{"port": 80, "prt": 1}], "selector": {"app": "web"}}, "x": 1}
    before = copy.deepcopy(obj)
    assert drop_unknown(SERVICE, obj) == {"spec": {"ports": [{"port": 80}], "selector": {"app": "web"}}}
    assert obj == before


@pytest.mark.parametrize(
    ("gvk", "obj", "text"),
    [
        pytest.param(SERVICE, WEB, None, id="right"),
        pytest.param(SERVICE, {"spec": {"ports": None}}, None, id="null-is-absent"),
        pytest.param(
            SERVICE,
            {"spec": {"ports": "x"}},
            f"{UNMARSHAL} string {FIELD} ServiceSpec.spec.ports of type []v1.ServicePort",
            id="string-for-a-list",
        ),
        pytest.param(
            SERVICE,
            {"spec": {"ports": [{"port": "80"}]}},
            f"{UNMARSHAL} string {FIELD} ServicePort.spec.ports.port of type int32",
            id="string-for-a-number",
        ),
        pytest.param(
            SERVICE,
            {"spec": {"ports": [{"port": 80.5}]}},
            f"{UNMARSHAL} number 80.5 {FIELD} ServicePort.spec.ports.port of type int32",
            id="fraction",
        ),
        pytest.param(
            SERVICE,
            {"spec": {"ports": [{"port": 3000000000}]}},
            f"{UNMARSHAL} number 3000000000 {FIELD} ServicePort.spec.ports.port of type int32",
            id="too-wide",
        ),
        pytest.param(
            SERVICE,
            {"metadata": {"labels": {"a": 1}}},
            f"{UNMARSHAL} number {FIELD} ObjectMeta.metadata.labels of type string",
            id="number-for-a-label",
        ),
        pytest.param(
            SERVICE,
            {"spec": []},
            f"{UNMARSHAL} array {FIELD} Service.spec of type v1.ServiceSpec",
            id="array-for-a-struct",
        ),
        pytest.param(
            SERVICE,
            {"spec": {"selector": [1]}},
            f"{UNMARSHAL} array {FIELD} ServiceSpec.spec.selector of type map[string]string",
            id="array-for-a-map",
        ),
        pytest.param(SERVICE, [], f"{UNMARSHAL} array into Go value of type v1.Service", id="not-an-object"),
        pytest.param(
            POD,
            {"spec": {"terminationGracePeriodSeconds": 3000000000, "hostNetwork": "yes"}},
            f"{UNMARSHAL} string {FIELD} PodSpec.spec.hostNetwork of type bool",
            id="wide-integers-are-wide",
        ),
        pytest.param(SECRET, {"data": {"a": "%%"}}, "illegal base64 data at input byte 0", id="base64"),
        pytest.param(
            NODE,
            {"status": {"capacity": {"cpu": 4, "memory": "1Gi", "pods": "1.5k"}}},
            None,
            id="quantities",
        ),
        pytest.param(("example.com", "v1", "Widget"), {"any": 1}, None, id="unknown-kind"),
    ],
)
def test_type_problem(gvk, obj, text):
    """The first value of a wrong type is named as Go's decoder names it."""
    assert type_problem(gvk, obj) == text


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=3),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["spec", "ports", "port", "metadata", "labels", "selector", "x"]),
                inner,
                max_size=4,
            )
        ),
        max_leaves=12,
    ).filter(lambda value: isinstance(value, dict))
)
def test_dropping_leaves_nothing_to_complain_about(obj):
    """Whatever comes in, what is kept is known; and dropping twice changes nothing."""
    kept = drop_unknown(SERVICE, obj)
    assert strict_problems(SERVICE, kept) == []
    assert drop_unknown(SERVICE, kept) is kept
    assert strict_problems(SERVICE, obj) == [] or kept is not obj
