"""What a DELETE does, as values."""

import pytest

from mockcloud.kube.resources.apps.deployment import DEPLOYMENT
from mockcloud.kube.resources.core.configmap import CONFIG_MAP
from mockcloud.kube.resources.core.namespace import NAMESPACE
from mockcloud.kube.resources.core.replicationcontroller import REPLICATION_CONTROLLER
from mockcloud.kube.resources.kind import Kind
from mockcloud.kube.resources.pods.pod import POD
from mockcloud.kube.writes.deletion import DeleteOptions, Gone, Marked, decide, finished, parse_options
from mockcloud.kube.writes.refusals import Refusal

NOW = 1795266000.0  # 2026-11-21T13:00:00Z


def obj(spec: dict | None = None, phase: str = "Running", **metadata: object) -> dict:
    return {
        "metadata": {"name": "x", "uid": "u", "resourceVersion": "7", **metadata},
        "spec": spec or {},
        "status": {"phase": phase},
    }


def outcome(kind: Kind, stored: dict, **options: object) -> dict | str:
    decided = decide(kind, stored, DeleteOptions(**options), NOW)
    if isinstance(decided, Gone):
        return "gone"
    shown = ("deletionTimestamp", "deletionGracePeriodSeconds", "finalizers")
    return {name: decided.object["metadata"][name] for name in shown if name in decided.object["metadata"]}


ON_NODE = {"nodeName": "node-1", "terminationGracePeriodSeconds": 20}


@pytest.mark.parametrize(
    ("kind", "stored", "options", "expected"),
    [
        pytest.param(CONFIG_MAP, obj(), {}, "gone", id="plain"),
        pytest.param(CONFIG_MAP, obj(), {"grace_seconds": 30}, "gone", id="grace-is-for-pods"),
        pytest.param(
            REPLICATION_CONTROLLER,
            obj(),
            {},
            {
                "deletionTimestamp": "2026-11-21T13:00:00Z",
                "deletionGracePeriodSeconds": 0,
                "finalizers": ["orphan"],
            },
            id="one-that-leaves-what-it-has-behind",
        ),
        pytest.param(
            REPLICATION_CONTROLLER,
            obj(),
            {"propagation": "Background"},
            "gone",
            id="unless-it-is-told-to-take-it",
        ),
        pytest.param(POD, obj(), {}, "gone", id="pod-on-no-node"),
        pytest.param(POD, obj(ON_NODE, phase="Succeeded"), {}, "gone", id="pod-that-is-done"),
        pytest.param(POD, obj(ON_NODE), {"grace_seconds": 0}, "gone", id="pod-forced"),
        pytest.param(
            POD,
            obj(ON_NODE),
            {},
            {"deletionTimestamp": "2026-11-21T13:00:20Z", "deletionGracePeriodSeconds": 20},
            id="pod-gracefully",
        ),
        pytest.param(
            POD,
            obj({"nodeName": "n"}),
            {"grace_seconds": -1},
            {"deletionTimestamp": "2026-11-21T13:00:01Z", "deletionGracePeriodSeconds": 1},
            id="pod-now",
        ),
        pytest.param(
            CONFIG_MAP,
            obj(finalizers=["a"]),
            {},
            {
                "deletionTimestamp": "2026-11-21T13:00:00Z",
                "deletionGracePeriodSeconds": 0,
                "finalizers": ["a"],
            },
            id="finalizer",
        ),
        pytest.param(
            DEPLOYMENT,
            obj(finalizers=["orphan"]),
            {"propagation": "Foreground"},
            {
                "deletionTimestamp": "2026-11-21T13:00:00Z",
                "deletionGracePeriodSeconds": 0,
                "finalizers": ["foregroundDeletion"],
            },
            id="policy-replaces-policy",
        ),
        pytest.param(
            DEPLOYMENT, obj(finalizers=["orphan"]), {"propagation": "Background"}, "gone", id="background"
        ),
    ],
)
def test_outcomes(kind, stored, options, expected):
    """Gone at once, or marked with what keeps it."""
    assert outcome(kind, stored, **options) == expected


@pytest.mark.parametrize(
    ("kind", "stored", "options", "code", "message"),
    [
        pytest.param(
            CONFIG_MAP, obj(), {"uid": "v"}, 409, "UID in the precondition .v. does not match", id="uid"
        ),
        pytest.param(
            CONFIG_MAP,
            obj(),
            {"resource_version": "6"},
            409,
            "ResourceVersion in the precondition .6.",
            id="rv",
        ),
    ],
)
def test_refusals(kind, stored, options, code, message):
    """A precondition that fails is a conflict."""
    with pytest.raises(Refusal, match=message) as refused:
        decide(kind, stored, DeleteOptions(**options), NOW)
    assert refused.value.code == code


def test_a_marked_object_counts_as_changed():
    """Being deleted is a change of what is wanted, for kinds that count."""
    decided = decide(DEPLOYMENT, obj(generation=4, finalizers=["a"]), DeleteOptions(), NOW)
    assert isinstance(decided, Marked)
    assert decided.object["metadata"]["generation"] == 5
    again = decide(DEPLOYMENT, decided.object, DeleteOptions(), NOW + 5)
    assert again == decided


@pytest.mark.parametrize(
    ("kind", "metadata", "spec", "expected"),
    [
        pytest.param(CONFIG_MAP, {}, {}, False, id="alive"),
        pytest.param(CONFIG_MAP, {"deletionTimestamp": "t"}, {}, True, id="nothing-left"),
        pytest.param(
            CONFIG_MAP, {"deletionTimestamp": "t", "finalizers": ["a"]}, {}, False, id="finalizer-left"
        ),
        pytest.param(
            POD, {"deletionTimestamp": "t", "deletionGracePeriodSeconds": 5}, {}, False, id="node-has-time"
        ),
        pytest.param(
            NAMESPACE, {"deletionTimestamp": "t"}, {"finalizers": ["kubernetes"]}, False, id="not-empty"
        ),
        pytest.param(NAMESPACE, {"deletionTimestamp": "t"}, {}, True, id="empty"),
    ],
)
def test_finished(kind, metadata, spec, expected):
    """An object being deleted ends when nothing keeps it."""
    assert finished(kind, obj(spec, **metadata)) is expected


@pytest.mark.parametrize(
    ("body", "query", "expected"),
    [
        pytest.param({}, ("", ""), DeleteOptions(), id="nothing"),
        pytest.param({}, ("5", "Orphan"), DeleteOptions(5, "Orphan"), id="query"),
        pytest.param({"gracePeriodSeconds": 0}, ("5", ""), DeleteOptions(0), id="body-first"),
        pytest.param({"orphanDependents": True}, ("", ""), DeleteOptions(None, "Orphan"), id="old-orphan"),
        pytest.param(
            {"orphanDependents": False}, ("", ""), DeleteOptions(None, "Background"), id="old-background"
        ),
        pytest.param(
            {"preconditions": {"uid": "u", "resourceVersion": "3"}},
            ("", ""),
            DeleteOptions(uid="u", resource_version="3"),
            id="preconditions",
        ),
    ],
)
def test_options(body, query, expected):
    """Where a DELETE's options come from."""
    assert parse_options(body, *query) == expected


@pytest.mark.parametrize(
    "body",
    [
        *({"propagationPolicy": "Maybe"}, {"propagationPolicy": 5}, {"orphanDependents": "x"}),
        *({"gracePeriodSeconds": "5"}, {"gracePeriodSeconds": 1.5}, {"gracePeriodSeconds": 1 << 63}),
        *({"preconditions": "x"}, {"preconditions": {"uid": 5}}, {"dryRun": [1]}, {"dryRun": "All"}),
    ],
)
def test_options_that_make_no_sense(body):
    """The refusal names the field."""
    with pytest.raises(Refusal, match=next(iter(body))):
        parse_options(body, "", "")


def test_no_grace_goes_beyond_the_last_year():
    """RFC 3339 has four digits for it, and a client may ask for any number of seconds."""
    decision = decide(POD, obj({"nodeName": "n"}), DeleteOptions(10**18), NOW)
    assert isinstance(decision, Marked)
    metadata = decision.object["metadata"]
    assert metadata["deletionTimestamp"] == "9999-12-31T23:59:59Z"
    assert metadata["deletionGracePeriodSeconds"] == 10**18
