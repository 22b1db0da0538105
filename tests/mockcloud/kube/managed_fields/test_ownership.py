"""Who owns which field: updates, applies, and what both leave of others."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockcloud.kube.managed_fields import conflicts, shapes
from mockcloud.kube.managed_fields.comparing import changes
from mockcloud.kube.managed_fields.ownership import (
    LAST_APPLIED,
    MAX_UPDATERS,
    Conflicts,
    Live,
    Writer,
    applied,
    updated,
)

MAP, SERVICE = shapes.built_in(("", "v1", "ConfigMap")), shapes.built_in(("", "v1", "Service"))
DATA = st.dictionaries(st.sampled_from("abc"), st.sampled_from("12"), max_size=3)
STATED = st.lists(st.tuples(st.sampled_from(["me", "you"]), DATA, st.booleans()), max_size=6)


def writer(manager="me", time="t1", subresource=""):
    return Writer(manager, "v1", subresource, time, has_status=True)


def config_map(data, **metadata):
    found = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", **metadata}}
    return {**found, "data": data} if data else found


def apply(live, data, manager="me", *, force=False, shape=MAP, time="t1"):
    config = data if "kind" in data else config_map(data)
    new, managed = applied(shape, live, config, writer(manager, time), force=force)
    return Live(live.object if new is None else new, managed)


def update(live, data, manager="other", time="t1"):
    new = config_map(data)
    return Live(new, updated(live.managed, changes(MAP, live.object, new), writer(manager, time)))


def owners(live):
    return sorted((entry.manager, entry.operation, entry.fields) for entry in live.managed)


def of_data(*names):
    fields = ",".join(f'"f:{name}":{{}}' for name in names)
    return f'{{"f:data":{{{fields}}}}}'


def test_what_is_no_longer_stated_goes_unless_others_own_it():
    """An applier's own field goes with its statement, a shared one stays with the other."""
    both = apply(apply(Live({}), {"a": "1", "b": "1"}), {"b": "1"}, "you")
    assert owners(both) == [("me", "Apply", of_data("a", "b")), ("you", "Apply", of_data("b"))]
    less = apply(both, {"c": "1"})
    assert less.object["data"] == {"b": "1", "c": "1"}
    assert owners(less) == [("me", "Apply", of_data("c")), ("you", "Apply", of_data("b"))]


def test_a_conflict_names_field_and_owner_and_force_takes_it():
    """Nothing happens without force; with it the field changes hands."""
    live = update(apply(Live({}), {"a": "1", "b": "1"}, "you"), {"a": "1", "b": "1", "z": "1"}, "app")
    with pytest.raises(Conflicts) as refused:
        apply(live, {"a": "2", "z": "2"})
    assert conflicts.message(refused.value.found) == (
        "Apply failed with 2 conflicts: "
        'conflicts with "app" using v1:\n- .data.z\nconflicts with "you":\n- .data.a'
    )
    forced = apply(live, {"a": "2", "z": "2"}, force=True)
    assert forced.object["data"] == {"a": "2", "b": "1", "z": "2"}
    assert owners(forced) == [("me", "Apply", of_data("a", "z")), ("you", "Apply", of_data("b"))]


def test_equal_values_are_shared_and_no_time_is_written():
    """Who states what is there changes nothing but the owners."""
    live = apply(Live({}), {"a": "1"})
    shared = apply(live, {"a": "1"}, "you", time="t2")
    assert [(entry.manager, entry.time) for entry in shared.managed] == [("you", ""), ("me", "t1")]
    assert apply(shared, {"a": "1"}, time="t3") == shared


@settings(max_examples=80, deadline=None)
@given(STATED)
def test_appliers_get_what_they_state(steps):
    """After an apply its values are there, and all that is owned; twice is as once."""
    live = Live({})
    for manager, data, force in steps:
        try:
            live = apply(live, data, manager, force=force)
        except Conflicts:
            assert not force
            continue
        found = live.object.get("data") or {}
        assert data.items() <= found.items()
        assert apply(live, data, manager, force=force, time="t9") == live
        for entry in live.managed:
            assert all(f'"f:{name}"' not in entry.fields or name in found for name in "abc")


def test_updates_are_kept_by_manager_and_the_oldest_become_one():
    """Ten managers of updates are told apart."""
    live, data = Live({}), {}
    for number in range(MAX_UPDATERS + 2):
        data = {**data, f"k{number:02}": "1"}
        live = update(live, data, f"m{number:02}", f"t{number:02}")
    names = [entry.manager for entry in live.managed]
    assert names == ["ancient-changes", *(f"m{number:02}" for number in range(3, 12))]
    assert live.managed[0].fields.count('"f:k') == 3
    assert live.managed[0].time == "t02"
    assert update(live, data, "m99", "t99").managed == live.managed
    less = update(live, {name: "1" for name in data if name != "k05"}, "m03", "t99")
    assert "m05" not in [entry.manager for entry in less.managed]


def test_each_part_has_its_owners():
    """Status is not owned by who writes the rest, nor the rest by who writes the status."""
    service = {
        "metadata": {"name": "s"},
        "spec": {"type": "ClusterIP"},
        "status": {"loadBalancer": {"ingress": []}},
    }
    found = changes(SERVICE, {}, service)
    assert updated((), found, writer())[0].fields == '{"f:spec":{"f:type":{}}}'
    (entry,) = updated((), found, writer(subresource="status"))
    assert (entry.fields, entry.subresource) == ('{"f:status":{"f:loadBalancer":{"f:ingress":{}}}}', "status")


def test_kubectl_takes_over_what_its_annotation_states():
    """Fields of client-side apply are no conflict for kubectl, where they are as the annotation has them."""
    said = '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c"},"data":{"a":"1"}}'
    first = config_map({"a": "1", "b": "1"}, annotations={LAST_APPLIED: said})
    live = Live(first, updated((), changes(MAP, {}, first), writer("kubectl-client-side-apply")))
    taken = apply(live, {"a": "2"}, "kubectl")
    assert taken.object["data"]["a"] == "2"
    with pytest.raises(Conflicts, match="1 field"):
        apply(live, {"a": "2"}, "me")
    with pytest.raises(Conflicts):
        apply(live, {"b": "2"}, "kubectl")


@pytest.mark.parametrize(
    ("live", "config", "order"),
    [
        ("abc", "ca", "bca"),
        ("abc", "xc", "abxc"),
        ("abc", "c", "abc"),
        ("abcd", "bxd", "abcxd"),
        ("", "ba", "ba"),
        ("abc", "", "abc"),
    ],
)
def test_items_are_in_the_configurations_order(live, config, order):
    """Items of others stay where they were among those that both have."""

    def ports(names):
        spec = {"ports": [{"port": ord(name), "name": name} for name in names]}
        return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"}, "spec": spec}

    merged = apply(Live(ports(live)), ports(config), shape=SERVICE).object
    assert "".join(port["name"] for port in merged["spec"]["ports"]) == order
