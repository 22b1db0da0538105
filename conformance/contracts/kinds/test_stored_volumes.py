"""PersistentVolumes and the kinds of storage.k8s.io: what they may be, and what is printed of them."""

from typing import Any

import pytest
from conformance.contracts.kinds.test_stored_kinds import named, of_the_cluster
from conformance.harness.contract import contract
from conformance.harness.side import Side
from testkit import objects

SIZE = {"capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"]}
HOST_PATH = {**SIZE, "hostPath": {"path": "/srv"}}
STORAGE = "storage.k8s.io/v1"
NODE = {"key": "kubernetes.io/hostname", "operator": "In", "values": ["a"]}


def on_nodes(*expressions: dict[str, Any], **term: Any) -> dict[str, Any]:
    terms = [{"matchExpressions": list(expressions), **term}]
    return {"nodeAffinity": {"required": {"nodeSelectorTerms": terms}}}


VOLUMES = {
    "empty": {},
    "host-path": HOST_PATH,
    "no-size": {"accessModes": ["ReadWriteOnce"], "hostPath": {"path": "/srv"}},
    "no-modes": {"capacity": {"storage": "1Gi"}, "hostPath": {"path": "/srv"}},
    "size-junk": {**HOST_PATH, "capacity": {"cpu": "1"}},
    "size-0": {**HOST_PATH, "capacity": {"storage": "0"}},
    "modes-junk": {**HOST_PATH, "accessModes": ["Odd", "ReadWriteOncePod", "ReadWriteMany"]},
    "policy-junk": {**HOST_PATH, "persistentVolumeReclaimPolicy": "Odd", "volumeMode": "Odd"},
    "recycle-root": {
        **SIZE,
        "hostPath": {"path": "/srv/.."},
        "persistentVolumeReclaimPolicy": "Recycle",
        "storageClassName": "A b",
    },
    "path-dots": {**SIZE, "hostPath": {"path": "/a/../b", "type": "Odd"}},
    "path-none": {**SIZE, "hostPath": {"path": ""}},
    "no-type": SIZE,
    "two-types": {**HOST_PATH, "nfs": {"server": "a", "path": "/b"}},
    "nfs": {**SIZE, "nfs": {"server": "", "path": "b"}},
    "local": {**SIZE, "local": {"path": "/mnt"}},
    "local-placed": {**SIZE, "local": {"path": "/mnt"}, **on_nodes(NODE)},
    "affinity-none": {**HOST_PATH, "nodeAffinity": {}},
    "affinity-empty": {**HOST_PATH, "nodeAffinity": {"required": {"nodeSelectorTerms": []}}},
    "affinity-junk": {
        **HOST_PATH,
        **on_nodes(
            {"key": "A b", "operator": "In"},
            {"key": "a", "operator": "Exists", "values": ["x"]},
            {"key": "a", "operator": "Gt"},
            {"key": "a", "operator": "Odd", "values": ["-"]},
            matchFields=[{"key": "a", "operator": "Exists"}, {"key": "metadata.name", "operator": "In"}],
        ),
    },
    "csi": {**SIZE, "csi": {"driver": "a.example", "volumeHandle": "v", "fsType": "ext4"}},
    "csi-junk": {
        **SIZE,
        "csi": {"driver": "A b", "volumeHandle": "", "nodePublishSecretRef": {"name": "A_"}},
    },
}


@pytest.mark.parametrize("spec", [pytest.param(each, id=name) for name, each in VOLUMES.items()])
@contract
def test_volumes(api: Side, spec: dict[str, Any]) -> None:
    """A PersistentVolume, or why it is none."""
    api.ask("create", "POST", "/api/v1/persistentvolumes?dryRun=All", named("volume", spec=spec))


@contract
def test_a_volume(api: Side) -> None:
    """Where its bytes are never changes; whose it is, how large and under which policy does."""
    root = "/api/v1/persistentvolumes"
    at = f"{root}/contract-volume"
    api.ask("create", "POST", root, named("volume", spec={**HOST_PATH, "storageClassName": "manual"}))
    api.wait(at, "its phase", lambda body: body["status"]["phase"] == "Available")
    api.patch("source", "merge", at, {"spec": {"hostPath": {"path": "/other"}}})
    api.patch("mode", "merge", at, {"spec": {"volumeMode": "Block"}})
    claim = {"namespace": "contract-absent", "name": "c"}
    api.patch(
        "change",
        "merge",
        at,
        {"spec": {"capacity": {"storage": "2Gi"}, "persistentVolumeReclaimPolicy": "Delete"}},
    )
    api.patch("affinity", "merge", at, {"spec": on_nodes(NODE)})
    api.patch("other affinity", "merge", at, {"spec": {"nodeAffinity": None}})
    api.patch("claimed", "merge", at, {"spec": {"claimRef": claim}})
    api.kubectl("get persistentvolume contract-volume -o wide")
    api.ask("delete", "DELETE", at)


def _dry(api: Side, plural: str, bodies: dict[str, dict[str, Any]]) -> None:
    for name, body in bodies.items():
        api.ask(name, "POST", f"/apis/{STORAGE}/{plural}?dryRun=All", {"metadata": {"name": "junk"}, **body})


@contract
def test_attachments(api: Side) -> None:
    """Which volume is where never changes; its status is written apart."""
    plural, name = f"{STORAGE}/volumeattachments", {"persistentVolumeName": "v"}
    spec = {"attacher": "a.example", "nodeName": "n", "source": name}
    with of_the_cluster(api, plural, named("attachment", spec=spec)) as at:
        api.patch("node", "merge", at, {"spec": {"nodeName": "m"}})
        error = {"message": "m", "time": "2026-12-01T00:00:00Z"}
        failed = {"attached": True, "attachError": error, "attachmentMetadata": {"a": "b"}}
        api.patch("status", "merge", at + "/status", {"metadata": {"labels": {"a": "b"}}, "status": failed})
        api.kubectl("get volumeattachment contract-attachment")
    inline = {**HOST_PATH, "claimRef": {"name": "c"}, "volumeMode": "Block", "storageClassName": "s"}
    _dry(
        api,
        "volumeattachments",
        {
            "empty": {"spec": {}},
            "two": {"spec": {**spec, "source": {**name, "inlineVolumeSpec": HOST_PATH}}},
            "nameless": {"spec": {**spec, "source": {"persistentVolumeName": ""}, "attacher": "A b"}},
            "inline": {"spec": {**spec, "source": {"inlineVolumeSpec": {**inline, **on_nodes(NODE)}}}},
        },
    )


@contract
def test_drivers(api: Side) -> None:
    """What a driver wants by default, and what of it stays."""
    tokens = [{"audience": "a"}, {"audience": "b", "expirationSeconds": 3600}]
    body = named("driver", spec={"podInfoOnMount": True, "tokenRequests": tokens})
    with of_the_cluster(api, f"{STORAGE}/csidrivers", body) as at:
        api.patch("attach", "merge", at, {"spec": {"attachRequired": False}})
        api.patch("modes", "merge", at, {"spec": {"volumeLifecycleModes": ["Ephemeral"]}})
        api.patch("capacity", "merge", at, {"spec": {"storageCapacity": True}})
        api.kubectl("get csidriver contract-driver")
    short = {"audience": "b", "expirationSeconds": 5}
    _dry(
        api,
        "csidrivers",
        {
            "empty": {"spec": {}},
            "junk": {"spec": {"fsGroupPolicy": "Odd", "volumeLifecycleModes": ["Odd"]}},
            "tokens": {"spec": {"tokenRequests": [{"audience": "a"}, {"audience": "a"}, short]}},
        },
    )


@contract
def test_driver_nodes(api: Side) -> None:
    """What a driver says of a node stays while it is there."""
    driver = {"name": "a.example", "nodeID": "i-1", "topologyKeys": ["example.com/zone"]}
    with of_the_cluster(api, f"{STORAGE}/csinodes", named("node", spec={"drivers": [driver]})) as at:
        api.patch("id", "merge", at, {"spec": {"drivers": [{**driver, "nodeID": "i-2"}]}})
        api.patch("second", "strategic", at, {"spec": {"drivers": [{**driver, "name": "b.example"}]}})
        api.kubectl("get csinode contract-node")
    odd = {"name": "A b", "nodeID": "", "allocatable": {"count": -1}, "topologyKeys": ["a", "a", ""]}
    _dry(
        api,
        "csinodes",
        {"junk": {"spec": {"drivers": [odd]}}, "twice": {"spec": {"drivers": [driver, driver]}}},
    )


@contract
def test_capacities(api: Side) -> None:
    """Of which class and where never changes."""
    plural = f"{STORAGE}/csistoragecapacities"
    topology = {"matchLabels": {"zone": "a"}}
    body = {"metadata": {"name": "c"}, "storageClassName": "s", "capacity": "1Gi", "nodeTopology": topology}
    api.create("create", plural, body)
    at = api.path(plural, "c")
    api.patch("class", "merge", at, {"storageClassName": "t", "nodeTopology": {"matchLabels": {"zone": "b"}}})
    api.patch("amount", "merge", at, {"capacity": "2Gi"})
    api.kubectl("get csistoragecapacity c")
    junk = {"storageClassName": "A b", "capacity": "-1", "nodeTopology": {"matchLabels": {"A b": "-"}}}
    api.create("junk", plural, {"metadata": {"name": "junk"}, **junk}, query="?dryRun=All")
    api.ask("delete", "DELETE", at)


def topologies(*terms: list[tuple[str, list[str]]]) -> dict[str, Any]:
    found = [
        {"matchLabelExpressions": [{"key": key, "values": values} for key, values in term]} for term in terms
    ]
    return {"provisioner": "example.com/disk", "allowedTopologies": found}


@contract
def test_topologies_of_classes(api: Side) -> None:
    """Each key once in a term, no term twice."""
    _dry(
        api,
        "storageclasses",
        {
            "right": topologies([("zone", ["a", "b"])], [("zone", ["c"])]),
            "values": topologies([("zone", []), ("A b", ["a", "a"])]),
            "key": topologies([("zone", ["a"]), ("zone", ["b"])]),
            "term": topologies([("zone", ["a", "b"])], [("zone", ["b", "a"])]),
            "bare": topologies([]),
        },
    )


def volume(name: str, **spec: Any) -> dict[str, Any]:
    return {
        "metadata": {"name": name, "labels": {"of": name}},
        "spec": {**HOST_PATH, "storageClassName": "manual", **spec},
    }


def claim(size: str = "1Gi", **spec: Any) -> dict[str, Any]:
    asked = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": size}}}
    return {"metadata": {"name": "c"}, "spec": {**asked, "storageClassName": "manual", **spec}}


BINDINGS = {
    "smallest": ({"large": "8Gi", "small": "2Gi"}, claim("2Gi"), "small"),
    "large enough": ({"large": "8Gi", "small": "1Gi"}, claim("2Gi"), "large"),
    "by name": ({"large": "8Gi", "small": "2Gi"}, claim(volumeName="contract-large"), "large"),
    "by label": (
        {"large": "8Gi", "small": "2Gi"},
        claim(selector={"matchLabels": {"of": "contract-large"}}),
        "large",
    ),
}


@pytest.mark.parametrize(
    ("sizes", "wanted", "chosen"), [pytest.param(*each, id=name) for name, each in BINDINGS.items()]
)
@contract
def test_bindings(api: Side, sizes: dict[str, str], wanted: dict[str, Any], chosen: str) -> None:
    """Which volume a claim gets, what both then say, and what is left when the claim is gone."""
    root, claims = "/api/v1/persistentvolumes", api.path("persistentvolumeclaims")
    for name, size in sizes.items():
        api.quietly("POST", root, volume(f"contract-{name}", capacity={"storage": size}))
        api.wait(f"{root}/contract-{name}", "its phase", lambda body: body["status"]["phase"] == "Available")
    api.quietly("POST", claims, wanted)
    api.wait(f"{claims}/c", "its volume", lambda body: body["status"]["phase"] == "Bound")
    api.wait(f"{root}/contract-{chosen}", "its phase", lambda body: body["status"]["phase"] == "Bound")
    api.get("claim", "persistentvolumeclaims", "c")
    for name in sizes:
        api.ask(f"volume {name}", "GET", f"{root}/contract-{name}")
    api.kubectl("get pvc c")
    api.quietly("DELETE", f"{claims}/c")
    api.wait(f"{root}/contract-{chosen}", "its release", lambda body: body["status"]["phase"] == "Released")
    api.kubectl(f"get pv contract-{chosen}")
    for name in sizes:
        api.quietly("DELETE", f"{root}/contract-{name}")
    for name in sizes:
        api.wait(f"{root}/contract-{name}", "its end", lambda body: body["kind"] == "Status")


WAITING = {
    "nothing": claim(),
    "no class": claim(storageClassName=""),
    "unknown class": claim(storageClassName="absent"),
    "unknown volume": claim(volumeName="absent"),
}


def messages(pod: dict[str, Any]) -> list[str]:
    return [each.get("message", "") for each in pod["status"].get("conditions", ())]


@pytest.mark.parametrize("wanted", [pytest.param(each, id=name) for name, each in WAITING.items()])
@contract
def test_a_claim_that_waits(api: Side, wanted: dict[str, Any]) -> None:
    """Its pod waits, too, and says why."""
    api.wait(api.path("serviceaccounts"), "the default account", lambda body: body["items"])
    api.quietly("POST", api.path("persistentvolumeclaims"), wanted)
    mounted = [{"name": "d", "persistentVolumeClaim": {"claimName": "c"}}]
    api.quietly("POST", api.path("pods"), objects.pod("p", namespace=None, volumes=mounted))
    # A scheduler that does not know the claim yet says first that there is none.
    refused = "0/2 nodes are available: pod has unbound immediate PersistentVolumeClaims. not found"
    api.wait(api.path("pods", "p"), "a refusal", lambda body: refused in messages(body))
    if wanted["spec"].get("volumeName") is None:
        events = api.path("events") + "?fieldSelector=involvedObject.name=c"
        found = api.wait(events, "an event", lambda body: body["items"])
        told = [(each["type"], each["reason"], each["message"], each["source"]) for each in found["items"]]
        api.record("events", told[0])
