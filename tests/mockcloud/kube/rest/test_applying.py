"""Server-side apply and managedFields over HTTP."""

import orjson

from mockcloud.kube.storage.journal import _stored

CONFIG_MAPS = "/api/v1/namespaces/default/configmaps"
APPLY = "application/apply-patch+yaml"
MERGE = "application/merge-patch+json"


def config_map(name, **data):
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


def owners(body):
    """Manager, operation, subresource and field set of each entry."""
    found = body["metadata"].get("managedFields", [])
    parts = ("manager", "operation", "subresource", "fieldsV1")
    return sorted([each.get(part, "") for part in parts] for each in found)


def data(*names):
    return {"f:data": {f"f:{name}": {} for name in names}}


async def test_an_apply_makes_changes_and_refuses(api):
    """201, 200, 409 with upstream's causes; a no-op keeps the version."""
    path = f"{CONFIG_MAPS}/c?fieldManager=me"
    status, made = await api("PATCH", path, config_map("c", a="1"), **{"Content-Type": APPLY})
    assert (status, owners(made)) == (201, [["me", "Apply", "", data("a")]])
    status, same = await api("PATCH", path, config_map("c", a="1"), **{"Content-Type": APPLY})
    assert (status, same) == (200, made)
    taken = f"{CONFIG_MAPS}/c?fieldManager=you"
    status, refused = await api("PATCH", taken, config_map("c", a="2"), **{"Content-Type": APPLY})
    assert (status, refused["reason"]) == (409, "Conflict")
    assert refused["details"]["causes"] == [
        {"reason": "FieldManagerConflict", "message": 'conflict with "me"', "field": ".data.a"}
    ]
    status, forced = await api(
        "PATCH", f"{taken}&force=true", config_map("c", a="2"), **{"Content-Type": APPLY}
    )
    assert (status, owners(forced)) == (200, [["you", "Apply", "", data("a")]])


async def test_every_write_has_its_manager(api):
    """The program's name before the slash, or fieldManager; a list and a Table show it, too."""
    agent = {"User-Agent": "prog/1.0 (x)"}
    _, made = await api("POST", CONFIG_MAPS, config_map("u", a="1"), **agent)
    assert owners(made) == [["prog", "Update", "", {"f:data": {".": {}, "f:a": {}}}]]
    _, changed = await api(
        "PATCH", f"{CONFIG_MAPS}/u?fieldManager=other", {"data": {"b": "1"}}, **{"Content-Type": MERGE}
    )
    assert [each[0] for each in owners(changed)] == ["other", "prog"]
    _, listed = await api("GET", f"{CONFIG_MAPS}?fieldSelector=metadata.name=u")
    _, table = await api("GET", f"{CONFIG_MAPS}/u", Accept="application/json;as=Table;v=v1;g=meta.k8s.io")
    _, read = await api("GET", f"{CONFIG_MAPS}/u")
    assert owners(listed["items"][0]) == owners(table["rows"][0]["object"]) == owners(read) == owners(changed)


async def test_who_owns_what_can_be_cleared_and_written(api):
    """One empty entry clears it, or an empty list; what a JSON patch or a PUT writes stays."""
    _, made = await api("POST", CONFIG_MAPS, config_map("w", a="1"))
    path = f"{CONFIG_MAPS}/w"
    for clear in ([{}], []):
        _, cleared = await api(
            "PATCH", path, {"metadata": {"managedFields": clear}}, **{"Content-Type": MERGE}
        )
        assert owners(cleared) == []
        apply = f"{path}?fieldManager=me"
        _, applied = await api("PATCH", apply, config_map("w", a="1"), **{"Content-Type": APPLY})
        assert [each[0] for each in owners(applied)] == ["before-first-apply", "me"]
    _, again = await api("PUT", path, {**made, "metadata": {**made["metadata"], "resourceVersion": ""}})
    assert owners(again) == owners(made)
    renamed = [{"op": "replace", "path": "/metadata/managedFields/0/manager", "value": "new"}]
    _, changed = await api("PATCH", path, renamed, **{"Content-Type": "application/json-patch+json"})
    assert [each[0] for each in owners(changed)] == ["new"]


async def test_a_scale_is_owned_by_who_scales(api):
    """The number of replicas is a field of the workload and of its Scale."""
    deployments = "/apis/apps/v1/namespaces/default/deployments"
    labels = {"matchLabels": {"a": "b"}}
    template = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "nginx"}]}}
    body = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "d"},
        "spec": {"replicas": 1, "selector": labels, "template": template},
    }
    path = f"{deployments}/d"
    apply = {"Content-Type": APPLY}
    await api("PATCH", f"{path}?fieldManager=me", body, **apply)
    scale = {
        "apiVersion": "autoscaling/v1",
        "kind": "Scale",
        "metadata": {"name": "d"},
        "spec": {"replicas": 3},
    }
    status, refused = await api("PATCH", f"{path}/scale?fieldManager=hpa", scale, **apply)
    assert (status, refused["message"]) == (
        409,
        'Apply failed with 1 conflict: conflict with "me": .spec.replicas',
    )
    status, _ = await api("PATCH", f"{path}/scale?fieldManager=hpa&force=true", scale, **apply)
    assert status == 200
    _, found = await api("GET", path)
    assert found["spec"]["replicas"] == 3
    assert owners(found)[0] == ["hpa", "Apply", "scale", {"f:spec": {"f:replicas": {}}}]
    assert "f:replicas" not in owners(found)[1][3]["f:spec"]
    _, table = await api("GET", f"{path}/scale", None, Accept="application/json;as=Table;v=v1;g=meta.k8s.io")
    assert [each["name"] for each in table["columnDefinitions"]] == ["Name", "Desired", "Available", "Age"]
    assert table["rows"][0]["cells"][:3] == ["d", 3, 0]


async def test_the_journal_keeps_who_owns_what(api):
    """What is read back from the stored text is what was written."""
    await api("POST", CONFIG_MAPS, config_map("j", a="1"))
    held = api.registry.store.get("configmaps", ("default", "j"))
    _, back = _stored(held.encoded)
    assert (back.object, back.managed) == (held.object, held.managed)
    assert orjson.loads(held.encoded)["metadata"]["managedFields"]
