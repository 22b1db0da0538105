"""What a write changed."""

import pytest

from mockcloud.kube.managed_fields import shapes
from mockcloud.kube.managed_fields.comparing import changes

MAP, SERVICE, UNKNOWN = ("", "v1", "ConfigMap"), ("", "v1", "Service"), ("example.com", "v1", "Widget")
POD, DEPLOYMENT = ("", "v1", "Pod"), ("apps", "v1", "Deployment")
SELF = {".": {}}
PORT = 'k:{"port":80,"protocol":"TCP"}'


def ports(*found):
    return {"spec": {"ports": list(found)}}


@pytest.mark.parametrize(
    ("gvk", "old", "new", "changed", "removed"),
    [
        pytest.param(MAP, {}, {"data": {"a": "1"}}, {"f:data": {**SELF, "f:a": {}}}, {}, id="new-map"),
        pytest.param(
            MAP, {"data": {"a": "1"}}, {"data": {"a": "2"}}, {"f:data": {"f:a": {}}}, {}, id="value"
        ),
        pytest.param(MAP, {"data": {"a": "1"}}, {"data": {}}, {}, {"f:data": {"f:a": {}}}, id="gone"),
        pytest.param(MAP, {"data": {"a": "1"}}, {}, {}, {"f:data": {**SELF, "f:a": {}}}, id="map-gone"),
        pytest.param(MAP, {"immutable": False}, {"immutable": False}, {}, {}, id="same"),
        pytest.param(
            SERVICE,
            {},
            {"spec": {"type": "ClusterIP", "selector": {"a": "b"}}},
            {"f:spec": {"f:type": {}, "f:selector": {}}},
            {},
            id="atomic-map",
        ),
        pytest.param(
            SERVICE,
            ports({"port": 80, "name": "a"}, {"port": 81}),
            ports({"port": 81, "protocol": "TCP"}, {"port": 80, "name": "b", "protocol": "TCP"}),
            {
                "f:spec": {
                    "f:ports": {
                        PORT: {"f:name": {}, "f:protocol": {}},
                        PORT.replace("80", "81"): {"f:protocol": {}},
                    }
                }
            },
            {},
            id="items-by-keys-with-defaults",
        ),
        pytest.param(
            SERVICE,
            ports({"port": 80}, {"port": 81}),
            ports({"port": 80}),
            {},
            {"f:spec": {"f:ports": {PORT.replace("80", "81"): {**SELF, "f:port": {}}}}},
            id="item-gone",
        ),
        pytest.param(
            DEPLOYMENT,
            {},
            {
                "spec": {
                    "strategy": {"type": "Recreate"},
                    "template": {"spec": {"containers": [{"name": "c"}]}},
                }
            },
            {
                "f:spec": {
                    "f:strategy": {"f:type": {}},
                    "f:template": {"f:spec": {"f:containers": {'k:{"name":"c"}': {**SELF, "f:name": {}}}}},
                }
            },
            {},
            id="what-go-always-writes-is-not-added",
        ),
        pytest.param(
            POD,
            {"metadata": {"finalizers": ["a"]}},
            {"metadata": {"finalizers": ["b"], "ownerReferences": [{"uid": "u", "kind": "X"}]}},
            {
                "f:metadata": {
                    "f:finalizers": {'v:"b"': {}},
                    "f:ownerReferences": {**SELF, 'k:{"uid":"u"}': {}},
                }
            },
            {"f:metadata": {"f:finalizers": {'v:"a"': {}}}},
            id="sets-and-atomic-items",
        ),
        pytest.param(
            UNKNOWN,
            {"spec": {"a": {"b": 1}, "l": [{"x": 1}]}},
            {"spec": {"a": {"b": 1, "c": 2}, "l": [{"x": 2}]}, "metadata": {"labels": {"a": "b"}}},
            {"f:spec": {"f:a": {"f:c": {}}, "f:l": {}}, "f:metadata": {"f:labels": {**SELF, "f:a": {}}}},
            {},
            id="without-a-schema",
        ),
        pytest.param(
            POD,
            {
                "spec": {
                    "containers": [
                        {"name": "c", "env": [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]}
                    ]
                }
            },
            {
                "spec": {
                    "containers": [
                        {"name": "c", "env": [{"name": "A", "value": "1"}, {"name": "A", "value": "3"}]}
                    ]
                }
            },
            {"f:spec": {"f:containers": {'k:{"name":"c"}': {"f:env": {'k:{"name":"A"}': {}}}}}},
            {},
            id="the-same-key-twice-is-one-whole",
        ),
    ],
)
def test_what_a_write_changed(gvk, old, new, changed, removed):
    """As structured-merge-diff tells it, which the contract tests ask a real API about."""
    found = changes(shapes.built_in(gvk), old, new)
    assert (found.changed, found.removed) == (changed, removed)
