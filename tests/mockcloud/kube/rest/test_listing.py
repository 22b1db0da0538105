"""LIST over HTTP: pages, versions, selectors, Tables and metadata."""

import pytest

from mockcloud.kube.resources.core.configmap import CONFIG_MAP
from mockcloud.kube.rest.listing import INCONSISTENT, Token, TokenExpired, page, parse_token
from mockcloud.kube.rest.paths import Target
from mockcloud.kube.storage.store import Reach, Store
from mockcloud.kube.writes.refusals import Refusal

TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
ALL = Target(CONFIG_MAP, None)


def stored(count: int, history: int = 1000) -> Store:
    store = Store(reach=Reach(changes=history, seconds=0))
    for number in range(count):
        name, namespace = f"cm-{number}", f"ns-{number % 2}"
        metadata = {"name": name, "namespace": namespace, "labels": {"even": str(number % 2 == 0)}}
        store.put("configmaps", (namespace, name), {"metadata": metadata})
    return store


def names(items) -> list[str]:
    return [item.object["metadata"]["name"] for item in items]


def test_pages_are_of_one_state():
    """All pages show the state of the first one, whatever is written in between."""
    store = stored(6)
    first = page(store, ALL, {"limit": "4"})
    assert (names(first.items), first.metadata["remainingItemCount"]) == (["cm-0", "cm-2", "cm-4", "cm-1"], 2)
    store.delete("configmaps", ("ns-1", "cm-5"))
    store.put("configmaps", ("ns-1", "cm-30"), {"metadata": {"name": "cm-30", "namespace": "ns-1"}})
    second = page(store, ALL, {"limit": "4", "continue": first.metadata["continue"]})
    assert names(second.items) == ["cm-3", "cm-5"]
    assert second.metadata == {"resourceVersion": first.metadata["resourceVersion"]}


def test_a_page_with_a_selector_does_not_count_the_rest():
    """remainingItemCount is left out where it would have to be computed by the selector."""
    answered = page(stored(6), ALL, {"limit": "1", "labelSelector": "even=True"})
    assert names(answered.items) == ["cm-0"]
    assert set(answered.metadata) == {"resourceVersion", "continue"}


def test_an_expired_token_comes_with_one_that_goes_on():
    """410 Expired; the fresh token continues after the same key in today's state."""
    store = stored(6, history=2)
    token = Token(1, ("ns-0", "cm-2"))
    with pytest.raises(TokenExpired) as refused:
        page(store, ALL, {"continue": token.text()})
    status = refused.value.status()
    assert (status["code"], status["reason"]) == (410, "Expired")
    fresh = status["metadata"]["continue"]
    assert parse_token(fresh) == Token(INCONSISTENT, token.key)
    assert names(page(store, ALL, {"continue": fresh}).items) == ["cm-4", "cm-1", "cm-3", "cm-5"]


@pytest.mark.parametrize("text", ["junk", "!!", "W10", "eyJhIjoxfQ"])
def test_a_token_of_somebody_else_is_a_bad_request(text):
    """400 names the token."""
    with pytest.raises(Refusal, match="invalid continue token"):
        page(stored(1), ALL, {"continue": text})


@pytest.mark.parametrize(
    ("query", "code", "message"),
    [
        pytest.param(
            {"resourceVersion": "99"}, 504, "Too large resource version: 99, current: 6", id="future"
        ),
        pytest.param({"resourceVersion": "x"}, 400, "Invalid value", id="junk"),
        pytest.param({"limit": "x"}, 400, 'strconv.ParseInt: parsing "x"', id="junk-limit"),
        pytest.param({"timeoutSeconds": "x"}, 400, 'strconv.ParseInt: parsing "x"', id="junk-timeout"),
        pytest.param({"resourceVersionMatch": "Exact"}, 422, "is forbidden unless", id="match-of-nothing"),
        pytest.param(
            {"resourceVersion": "1", "resourceVersionMatch": "Foo"}, 422, "Unsupported value", id="match-junk"
        ),
        pytest.param({"continue": "x", "resourceVersion": "5"}, 400, "not allowed when", id="two-versions"),
        pytest.param(
            {"resourceVersion": "0", "resourceVersionMatch": "Exact"}, 422, '"exact" is', id="exact-any"
        ),
        pytest.param({"sendInitialEvents": "true"}, 422, "is forbidden for list", id="events-of-a-list"),
        pytest.param({"resourceVersion": "1", "limit": "2"}, 410, "too old", id="page-of-a-forgotten-one"),
        pytest.param({"fieldSelector": "spec.x=1"}, 400, '"spec.x" is not a known field', id="field"),
        pytest.param(
            {"resourceVersion": "1", "resourceVersionMatch": "Exact"},
            410,
            "for the provided list is too old",
            id="forgotten",
        ),
    ],
)
def test_lists_that_cannot_be_had(query, code, message):
    """Each refusal has Kubernetes' code."""
    with pytest.raises(Refusal, match=message) as refused:
        page(stored(6, history=2), ALL, query)
    assert refused.value.code == code


def test_a_page_of_a_version_is_of_exactly_that_one_and_any_version_has_no_pages():
    """As upstream: a limit beside a version means that one; a list of any version (0) is whole."""
    store = stored(6)
    exact = page(store, ALL, {"resourceVersion": "3", "limit": "2"})
    assert (names(exact.items), exact.metadata["resourceVersion"]) == (["cm-0", "cm-2"], "3")
    assert len(page(store, ALL, {"resourceVersion": "3"}).items) == 6
    whole = page(store, ALL, {"resourceVersion": "0", "limit": "2"})
    assert (len(whole.items), set(whole.metadata)) == (6, {"resourceVersion"})


def test_a_negative_limit_is_none():
    """As the API server reads it."""
    assert len(page(stored(6), ALL, {"limit": "-1"}).items) == 6


def test_items_of_a_list_do_not_repeat_its_kind(http):
    """A program that looks for apiVersion and kind there would break on a real cluster."""
    items = http("GET", "/api/v1/namespaces").body["items"]
    assert {key for item in items for key in item} == {"metadata", "spec", "status"}


def test_endpoints_are_deprecated(http):
    """kubectl prints what this header says."""
    warned = http("GET", "/api/v1/namespaces/default/endpoints").headers["Warning"]
    assert warned.startswith('299 - "v1 Endpoints is deprecated in v1.33+')


def test_an_exact_version_shows_that_state():
    """resourceVersionMatch=Exact looks back."""
    query = {"resourceVersion": "2", "resourceVersionMatch": "Exact"}
    assert names(page(stored(6), ALL, query).items) == ["cm-0", "cm-1"]


def test_a_table_has_columns_and_rows(http):
    """What kubectl asks for: cells, and metadata to sort and label by."""
    shown = http("GET", "/api/v1/namespaces/default/services", Accept=TABLE).body
    assert (shown["kind"], shown["apiVersion"]) == ("Table", "meta.k8s.io/v1")
    assert [column["name"] for column in shown["columnDefinitions"]][:3] == ["Name", "Type", "Cluster-IP"]
    row = shown["rows"][0]
    assert row["cells"][:3] == ["kubernetes", "ClusterIP", "10.96.0.1"]
    assert (row["object"]["kind"], row["object"]["metadata"]["name"]) == (
        "PartialObjectMetadata",
        "kubernetes",
    )


@pytest.mark.parametrize(
    ("include", "kind"), [("Object", "Service"), ("None", None), ("Metadata", "PartialObjectMetadata")]
)
def test_a_row_carries_what_is_asked(http, include, kind):
    """includeObject chooses between the object, its metadata and nothing."""
    path = f"/api/v1/namespaces/default/services/kubernetes?includeObject={include}"
    row = http("GET", path, Accept=TABLE).body["rows"][0]
    assert (row["object"] or {}).get("kind") == kind


def test_metadata_only_lists(http):
    """What metadata informers ask for."""
    accept = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"
    shown = http("GET", "/api/v1/namespaces", Accept=accept).body
    assert shown["kind"] == "PartialObjectMetadataList"
    assert all(set(item) == {"kind", "apiVersion", "metadata"} for item in shown["items"])


def test_an_empty_list_has_items(http):
    """Typed clients refuse a list without them."""
    shown = http("GET", "/api/v1/namespaces/default/secrets").body
    assert (shown["kind"], shown["items"]) == ("SecretList", [])
    assert int(shown["metadata"]["resourceVersion"]) > 0
