"""Strategic merge patch as kubectl and client-go use it."""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockcloud.kube.patch.errors import PatchError
from mockcloud.kube.patch.strategic import go_printed, strategic_merge_patch

SERVICE = ("", "v1", "Service")
POD = ("", "v1", "Pod")
DEPLOYMENT = ("apps", "v1", "Deployment")


def of_service(*ports):
    return {"spec": {"ports": list(ports)}}


@pytest.mark.parametrize(
    ("gvk", "target", "patch", "patched"),
    [
        pytest.param(
            SERVICE,
            of_service({"port": 80, "name": "a"}, {"port": 81, "name": "b"}),
            of_service({"port": 81, "nodePort": 30081}),
            of_service({"port": 80, "name": "a"}, {"port": 81, "name": "b", "nodePort": 30081}),
            id="items-merge-by-key",
        ),
        pytest.param(
            SERVICE,
            of_service({"port": 80}, {"port": 81}),
            of_service({"port": 80, "$patch": "delete"}),
            of_service({"port": 81}),
            id="delete-an-item",
        ),
        pytest.param(
            SERVICE,
            of_service({"port": 80}, {"port": 81}),
            of_service({"$patch": "replace"}, {"port": 82}),
            of_service({"port": 82}),
            id="replace-the-list",
        ),
        pytest.param(
            SERVICE,
            of_service({"port": 80}, {"port": 81}, {"port": 82}),
            {
                "spec": {
                    "$setElementOrder/ports": [{"port": 82}, {"port": 83}, {"port": 80}],
                    "ports": [{"port": 83}],
                }
            },
            of_service({"port": 81}, {"port": 82}, {"port": 83}, {"port": 80}),
            id="order-with-a-new-item-and-one-of-the-server",
        ),
        pytest.param(
            SERVICE,
            of_service({"port": 80}, {"port": 81}),
            {"spec": {"$setElementOrder/ports": [{"port": 81}, {"port": 80}]}},
            of_service({"port": 81}, {"port": 80}),
            id="order-alone",
        ),
        pytest.param(
            SERVICE,
            {"spec": {}},
            {"spec": {"$setElementOrder/ports": [{"port": 80}], "ports": [{"port": 80, "name": None}]}},
            of_service({"port": 80}),
            id="new-list-without-nulls",
        ),
        pytest.param(
            SERVICE,
            {"spec": {"selector": {"a": "1", "b": "2"}, "externalIPs": ["10.0.0.1"]}},
            {"spec": {"selector": {"a": None, "c": "3"}, "externalIPs": ["10.0.0.2"]}},
            {"spec": {"selector": {"b": "2", "c": "3"}, "externalIPs": ["10.0.0.2"]}},
            id="maps-merge-and-atomic-lists-are-replaced",
        ),
        pytest.param(
            SERVICE,
            {"spec": {"selector": {"a": "1"}}},
            {"spec": {"selector": {"$patch": "replace", "b": "2"}}},
            {"spec": {"selector": {"b": "2"}}},
            id="replace-a-map",
        ),
        pytest.param(
            SERVICE,
            {"spec": {"selector": {"a": "1"}}},
            {"spec": {"selector": {"$patch": "delete"}}},
            {"spec": {"selector": {}}},
            id="empty-a-map",
        ),
        pytest.param(
            SERVICE,
            {"metadata": {"finalizers": ["a", "b"]}},
            {"metadata": {"finalizers": ["c", "a"]}},
            {"metadata": {"finalizers": ["c", "a", "b"]}},
            id="primitive-lists-are-sets",
        ),
        pytest.param(
            SERVICE,
            {"metadata": {"finalizers": ["a", "b", "c"]}},
            {
                "metadata": {
                    "$deleteFromPrimitiveList/finalizers": ["a"],
                    "$setElementOrder/finalizers": ["c", "b"],
                }
            },
            {"metadata": {"finalizers": ["c", "b"]}},
            id="delete-from-a-primitive-list",
        ),
        pytest.param(
            DEPLOYMENT,
            {"spec": {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}}}},
            {"spec": {"strategy": {"$retainKeys": ["type"], "type": "Recreate"}}},
            {"spec": {"strategy": {"type": "Recreate"}}},
            id="retain-keys",
        ),
        pytest.param(
            POD,
            {"spec": {"volumes": [{"name": "v", "emptyDir": {}}, {"name": "w", "emptyDir": {}}]}},
            {
                "spec": {
                    "volumes": [
                        {"$retainKeys": ["name", "secret"], "name": "v", "secret": {"secretName": "s"}}
                    ]
                }
            },
            {
                "spec": {
                    "volumes": [{"name": "v", "secret": {"secretName": "s"}}, {"name": "w", "emptyDir": {}}]
                }
            },
            id="retain-keys-in-an-item",
        ),
        pytest.param(
            DEPLOYMENT,
            {
                "spec": {
                    "template": {"spec": {"containers": [{"name": "a", "image": "x", "args": ["1", "2"]}]}}
                }
            },
            {"spec": {"template": {"spec": {"containers": [{"name": "a", "image": "y", "args": ["3"]}]}}}},
            {"spec": {"template": {"spec": {"containers": [{"name": "a", "image": "y", "args": ["3"]}]}}}},
            id="nested-by-key",
        ),
        pytest.param(
            SERVICE,
            {"status": {"conditions": [{"type": "A", "status": "True"}]}},
            {"status": {"conditions": [{"type": "B", "status": "False"}]}},
            {"status": {"conditions": [{"type": "B", "status": "False"}, {"type": "A", "status": "True"}]}},
            id="conditions",
        ),
        pytest.param(
            ("example.com", "v1", "Widget"),
            {"spec": {"items": [{"name": "a"}], "x": {"y": 1}}},
            {"spec": {"items": [{"name": "b"}], "x": {"z": 2}}},
            {"spec": {"items": [{"name": "b"}], "x": {"y": 1, "z": 2}}},
            id="unknown-kind-merges-maps-only",
        ),
        pytest.param(
            SERVICE,
            {"spec": {}},
            {
                "spec": {
                    "selector": {"$patch": "replace", "a": "1"},
                    "ports": [{"port": 80, "$patch": "delete"}],
                }
            },
            {"spec": {"ports": []}},
            id="directives-for-what-is-not-there",
        ),
        pytest.param(SERVICE, {"spec": {"a": 1}}, {"spec": None}, {}, id="null-deletes"),
        pytest.param(
            SERVICE,
            {"spec": {"type": "x"}},
            {"spec": {"type": {"y": 1}}},
            {"spec": {"type": {"y": 1}}},
            id="retype",
        ),
    ],
)
def test_strategic_merge_patch(gvk, target, patch, patched):
    """One row a rule; neither the target nor the patch is changed."""
    before = copy.deepcopy((target, patch))
    assert strategic_merge_patch(gvk, target, patch) == patched
    assert (target, patch) == before


@pytest.mark.parametrize(
    ("patch", "code", "text"),
    [
        pytest.param(
            of_service({"name": "x"}),
            500,
            "map: map[name:x] does not contain declared merge key: port",
            id="no-key",
        ),
        pytest.param(of_service(80), 500, "list element types are not identical", id="not-maps"),
        pytest.param(
            of_service([{"port": 80}]),
            422,
            "the server rejected our request due to an error in our request",
            id="lists-of-lists",
        ),
        pytest.param(
            of_service({"$patch": "jump", "port": 80}),
            500,
            "unknown patch type: jump in map: map[$patch:jump port:80]",
            id="unknown-directive-in-a-list",
        ),
        pytest.param(
            of_service({"$patch": "merge", "port": 80}),
            500,
            "merging lists cannot yet be specified in the patch",
            id="merge-directive-in-a-list",
        ),
        pytest.param(
            {"spec": {"$patch": "jump"}},
            500,
            "unknown patch type: jump in map: map[$patch:jump]",
            id="unknown-directive",
        ),
        pytest.param(
            {"spec": {"$retainKeys": ["a"], "b": 1}},
            400,
            "invalid patch format of retainKeys",
            id="retain-mismatch",
        ),
        pytest.param(
            {"spec": {"$deleteFromPrimitiveList/ports": "x"}},
            400,
            "invalid patch format of primitive list",
            id="delete",
        ),
        pytest.param(
            {"spec": {"$setElementOrder/ports": "x"}},
            400,
            "invalid patch format of setElementOrder list",
            id="order-is-no-list",
        ),
        pytest.param(
            {"spec": {"$setElementOrder/ports": [{"port": 80}], "ports": "x"}},
            500,
            "expected a slice, but received a value",
            id="ordered-thing-is-no-list",
        ),
        pytest.param(
            {"spec": {"$setElementOrder/ports": [{"port": 1}], "ports": [{"port": 2}]}},
            500,
            "The order in patch list:\n[map[port:2]]\n doesn't match $setElementOrder list:\n[map[port:1]]\n",
            id="order-leaves-an-item-out",
        ),
    ],
)
def test_malformed_patches(patch, code, text):
    """Each with the code and text that upstream answers."""
    with pytest.raises(PatchError) as caught:
        strategic_merge_patch(SERVICE, of_service({"port": 80}), patch)
    assert (caught.value.code, caught.value.message) == (code, text)


def test_go_printed():
    """Error texts show maps as Go prints them."""
    assert go_printed({"b": [1, None], "a": True}) == "map[a:true b:[1 <nil>]]"


PORTS = st.lists(
    st.fixed_dictionaries({"port": st.integers(1, 6)}, optional={"name": st.sampled_from("xyz")}),
    unique_by=lambda port: port["port"],
    max_size=6,
)


def difference(old, new):
    """The strategic patch that makes `new` of `old`, as kubectl writes it."""
    by_port = {port["port"]: port for port in old}
    items = []
    for port in new:
        gone = {key: None for key in by_port.get(port["port"], {}) if key not in port}
        if gone or by_port.get(port["port"]) != port:
            items.append({**port, **gone})
    wanted = {port["port"] for port in new}
    items += [{"$patch": "delete", "port": port["port"]} for port in old if port["port"] not in wanted]
    return {"spec": {"$setElementOrder/ports": [{"port": port["port"]} for port in new], "ports": items}}


@given(PORTS, PORTS)
def test_a_difference_by_key_turns_one_list_into_the_other(old, new):
    """Whatever the lists, in the new one's order."""
    assert strategic_merge_patch(SERVICE, of_service(*old), difference(old, new)) == of_service(*new)


@given(PORTS, PORTS)
def test_patching_twice_is_patching_once(old, new):
    """A retried patch does no harm."""
    patch = difference(old, new)
    once = strategic_merge_patch(SERVICE, of_service(*old), patch)
    assert strategic_merge_patch(SERVICE, once, patch) == once
