"""What a node refuses a pod for: room, and other pods."""

import pytest

from mockcloud.controllers.objects.nodes import parse_node
from mockcloud.controllers.objects.pods import parse_pod
from mockcloud.controllers.scheduler.filters import Cluster, Refusal, refusal
from mockcloud.controllers.scheduler.load import Load
from testkit import objects

ZONE = "topology.kubernetes.io/zone"
ROOM = {"cpu": "2", "memory": "1Gi", "pods": "3"}


def node(name, zone=""):
    labels = {ZONE: zone} if zone else {}
    status = {"allocatable": ROOM, "conditions": [{"type": "Ready", "status": "True"}]}
    return parse_node(objects.node(name, metadata={"uid": name, "labels": labels}, status=status))


def pod(name="p", app="", requests=None, **spec):
    main = objects.container("c", resources={"requests": requests or {}})
    meta = {"uid": name, "labels": {"app": app} if app else {}}
    return parse_pod(objects.pod(name, main, namespace="ns", metadata=meta, **spec))


def term(app, topology=ZONE, **more):
    return {"topologyKey": topology, "labelSelector": {"matchLabels": {"app": app}}, **more}


def affinity(kind, *terms):
    return {"affinity": {kind: {"requiredDuringSchedulingIgnoredDuringExecution": list(terms)}}}


def why(asked, there, nodes=("a",), at="a", zones=("",), namespaces=None):
    """The refusal of node `at`, where `there` are pods by their node."""
    load = Load()
    for where, others in there.items():
        for each in others:
            load.put(each, where)
    every = [node(name, zone) for name, zone in zip(nodes, zones, strict=True)]
    cluster = Cluster(every, load, namespaces or {})
    return refusal(asked, next(one for one in every if one.meta.name == at), cluster)


@pytest.mark.parametrize(
    ("asked", "there", "reasons", "final"),
    [
        pytest.param({"cpu": "1500m"}, [{"cpu": "500m"}], None, None, id="just-fits"),
        pytest.param({"cpu": "1501m"}, [{"cpu": "500m"}], ("Insufficient cpu",), False, id="too-little-cpu"),
        pytest.param(
            {"cpu": "3", "memory": "2Gi"},
            [],
            ("Insufficient cpu", "Insufficient memory"),
            True,
            id="never-fits",
        ),
        pytest.param({"example.com/gpu": "1"}, [], ("Insufficient example.com/gpu",), True, id="not-there"),
        pytest.param({}, [{}, {}, {}], ("Too many pods",), False, id="too-many"),
    ],
)
def test_room(asked, there, reasons, final):
    """Requests against what the node has to give, beside those of the pods that are there."""
    others = [pod(f"o{number}", requests=each) for number, each in enumerate(there)]
    expected = None if reasons is None else Refusal(reasons, final)
    assert why(pod(requests=asked), {"a": others}) == expected


def test_room_that_is_kept_for_another():
    """Of the same or a higher priority: it has driven others out, and has not come yet."""
    load = Load()
    load.promised["ns", "first"] = (pod("first", requests={"cpu": "1"}, priority=9), "a")
    cluster = Cluster([node("a")], load)
    asked = {"requests": {"cpu": "1500m"}}
    assert refusal(pod(**asked), cluster.nodes[0], cluster) == Refusal(("Insufficient cpu",), final=False)
    assert refusal(pod(**asked, priority=10), cluster.nodes[0], cluster) is None


def test_what_a_pod_asks_for():
    """All that runs together; or an init container beside the sidecars before it, if that is more."""

    def asks(name, cpu, **more):
        return objects.container(name, resources={"requests": {"cpu": cpu}}, **more)

    init = [asks("i", "1"), asks("side", "100m", restartPolicy="Always"), asks("j", "2")]
    spec = {"initContainers": init, "overhead": {"cpu": "10m"}}
    found = parse_pod(objects.pod("p", asks("a", "500m"), asks("b", "1"), metadata={"uid": "u"}, **spec))
    assert found.demands == {"cpu": 2110}


TWO = {"nodes": ("a", "b"), "zones": ("x", "y")}
WEB = pod("w", app="web")
NEAR_WEB = affinity("podAffinity", term("web"))
APART_FROM_WEB = affinity("podAntiAffinity", term("web"))
NOT_NEAR = "node(s) didn't match pod affinity rules"
NOT_APART = "node(s) didn't match pod anti-affinity rules"


@pytest.mark.parametrize(
    ("asked", "there", "reason"),
    [
        pytest.param(pod(**NEAR_WEB), {"a": [WEB]}, None, id="near-and-it-is-here"),
        pytest.param(pod(**NEAR_WEB), {"b": [WEB]}, NOT_NEAR, id="near-and-it-is-elsewhere"),
        pytest.param(pod(**NEAR_WEB), {}, NOT_NEAR, id="near-and-it-is-nowhere"),
        pytest.param(pod(app="web", **NEAR_WEB), {}, None, id="the-first-of-its-group"),
        pytest.param(pod(**APART_FROM_WEB), {"b": [WEB]}, None, id="apart-and-it-is-elsewhere"),
        pytest.param(pod(**APART_FROM_WEB), {"a": [WEB]}, NOT_APART, id="apart-and-it-is-here"),
        pytest.param(
            pod(app="web"),
            {"a": [pod("o", **APART_FROM_WEB)]},
            "node(s) didn't satisfy existing pods anti-affinity rules",
            id="who-is-here-wants-to-be-apart",
        ),
        pytest.param(
            pod(**affinity("podAffinity", term("web", namespaces=["other"]))), {"a": [WEB]}, NOT_NEAR,
            id="of-another-namespace",
        ),
        pytest.param(
            pod(**affinity("podAffinity", term("web", namespaceSelector={"matchLabels": {"team": "t"}}))),
            {"a": [WEB]}, None, id="by-the-namespaces-labels",
        ),
    ],
)  # fmt: skip
def test_other_pods(asked, there, reason):
    """In the domain of a label of nodes."""
    found = why(asked, there, **TWO, namespaces={"ns": {"team": "t"}})
    assert (found.reasons[0] if found else None) == reason


@pytest.mark.parametrize(
    ("there", "zones", "reason"),
    [
        pytest.param({"b": 1}, ("x", "y"), None, id="where-there-are-fewer"),
        pytest.param(
            {"a": 1}, ("x", "y"), "node(s) didn't match pod topology spread constraints", id="more"
        ),
        pytest.param({"a": 1, "b": 1}, ("x", "y"), None, id="level"),
        pytest.param(
            {}, ("", "y"),
            "node(s) didn't match pod topology spread constraints (missing required label)", id="no-domain",
        ),
    ],
)  # fmt: skip
def test_spread(there, zones, reason):
    """No domain has over maxSkew more than the one with the fewest."""
    constraint = {"topologyKey": ZONE, "maxSkew": 1, "labelSelector": {"matchLabels": {"app": "web"}}}
    asked = pod(app="web", topologySpreadConstraints=[{**constraint, "whenUnsatisfiable": "DoNotSchedule"}])
    others = {
        where: [pod(f"{where}{number}", app="web") for number in range(count)]
        for where, count in there.items()
    }
    found = why(asked, others, nodes=("a", "b"), zones=zones)
    assert (found.reasons[0] if found else None) == reason
