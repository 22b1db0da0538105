"""Kinds that come and go while the API runs, through its handler."""

import re
from pathlib import Path
from textwrap import dedent

import orjson
import pytest

from mockcloud.kube import resources
from mockcloud.kube.resources import built_in
from mockcloud.kube.resources.kind import Kind
from mockcloud.kube.resources.printing import Printer, age, name_of, texts

WIDGETS = "/apis/example.com/v1/namespaces/default/widgets"
TABLE = {"Accept": "application/json;as=Table;v=v1;g=meta.k8s.io"}
WIDGET = Kind(
    "example.com",
    "v1",
    "Widget",
    "widgets",
    ("wd",),
    subresources=("status",),
    has_generation=True,
    printer=Printer(
        texts("Name", "Size", "Age"), lambda obj, now: [name_of(obj), obj["spec"]["size"], age(obj, now)]
    ),
)
ARCHITECTURE = Path(__file__).parents[4] / "docs/architecture.md"


def widget(name: str, size: str) -> dict:
    return {"metadata": {"name": name}, "spec": {"size": size}}


async def test_a_kind_of_which_nobody_knew_is_served_like_any_other(api):
    """Found, written, read, listed, watched, printed and removed, from the moment it is registered."""
    assert (await api("GET", WIDGETS))[0] == 404
    api.registry.scheme.register(WIDGET)
    _, listed = await api("GET", "/apis/example.com/v1")
    assert [each["name"] for each in listed["resources"]] == ["widgets", "widgets/status"]

    status, made = await api("POST", WIDGETS, widget("one", "big"))
    assert (status, made["apiVersion"], made["kind"]) == (201, "example.com/v1", "Widget")
    assert (made["metadata"]["generation"], made["status"]) == (1, {})
    _, table = await api("GET", WIDGETS, **TABLE)
    assert [column["name"] for column in table["columnDefinitions"]] == ["Name", "Size", "Age"]
    assert [row["cells"] for row in table["rows"]] == [["one", "big", "0s"]]

    since = f"{WIDGETS}?watch=1&resourceVersion={made['metadata']['resourceVersion']}"
    headers = {"Authorization": "Bearer secret"}
    async with api.client.get(since, headers=headers) as watch:
        patch = {"spec": {"size": "small"}}
        changed = await api(
            "PATCH", f"{WIDGETS}/one", patch, **{"Content-Type": "application/merge-patch+json"}
        )
        assert changed[1]["metadata"]["generation"] == 2
        assert (await api("DELETE", f"{WIDGETS}/one"))[0] == 200
        events = [orjson.loads(await watch.content.readline()) for _ in range(2)]
    assert [(event["type"], event["object"]["spec"]["size"]) for event in events] == [
        ("MODIFIED", "small"),
        ("DELETED", "small"),
    ]


async def test_discovery_and_openapi_follow(api):
    """What clients keep of the API's description is described anew, under another hash."""
    _, before = await api("GET", "/openapi/v3")
    api.registry.scheme.register(WIDGET)
    _, groups = await api(
        "GET", "/apis", Accept="application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
    )
    assert "example.com" in [group["metadata"]["name"] for group in groups["items"]]
    _, after = await api("GET", "/openapi/v3")
    assert set(after["paths"]) - set(before["paths"]) == {"apis/example.com/v1"}
    _, document = await api("GET", "/openapi/v3/apis/example.com/v1")
    assert "/apis/example.com/v1/namespaces/{namespace}/widgets/{name}" in document["paths"]

    api.registry.scheme.withdraw(WIDGET)
    assert (await api("GET", WIDGETS))[0] == 404
    assert (await api("GET", "/openapi/v3"))[1] == before


async def test_a_kind_takes_nobodys_name(api):
    """Two kinds of one name in different groups have nothing in common; two of one group may not be."""
    api.registry.scheme.register(Kind("example.com", "v1", "Service", "services"))
    path = "/apis/example.com/v1/namespaces/default/services"
    status, made = await api("POST", path, {"metadata": {"name": "one"}, "spec": {"anything": ["goes"]}})
    assert (status, made["spec"]) == (201, {"anything": ["goes"]})
    with pytest.raises(ValueError, match=r"Pod \(widgets\) of v1 cannot be served: Pod \(pods\) of v1 is"):
        api.registry.scheme.register(Kind("", "v1", "Pod", "widgets"))


async def test_the_example_of_the_documents(api, tmp_path, monkeypatch):
    """A new read-only kind is one file: the one in "To add a kind" is found, served, printed, not written."""
    section = ARCHITECTURE.read_text().partition("### To add a kind")[2]
    found = re.search(r"```python\n# mockcloud/kube/resources/(\w+)\.py\n(.*?)```", section, re.DOTALL)
    assert found is not None
    (tmp_path / f"{found[1]}.py").write_text(dedent(found[2]))
    monkeypatch.setattr(resources, "__path__", [*resources.__path__, str(tmp_path)])
    (new,) = [kind for kind in built_in.known() if kind not in built_in.BUILT_IN]

    api.registry.scheme.register(new)
    body = {
        "metadata": {"name": "plain", "creationTimestamp": "2026-11-21T13:00:00Z"},
        "spec": {"extendedResourceName": "example.com/gpu"},
    }
    api.registry.store.put(new.storage, ("", "plain"), body)
    path = f"/apis/{new.group_version}/{new.plural}"
    assert [row["cells"] for row in (await api("GET", path, **TABLE))[1]["rows"]] == [
        ["plain", "example.com/gpu", "0s"]
    ]
    assert (await api("GET", f"{path}/plain"))[1]["spec"] == body["spec"]
    for method, where in (
        ("POST", path),
        ("DELETE", path),
        ("PUT", f"{path}/plain"),
        ("DELETE", f"{path}/plain"),
    ):
        assert (await api(method, where, body))[0] == 405
