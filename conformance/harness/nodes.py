"""Nodes and pods as a kubelet would report them: neither side runs one here, so the tests speak for it."""

from typing import Any, Final

from testkit import objects

from conformance.harness.side import Side

_READY: Final = {
    "type": "Ready",
    "status": "True",
    "reason": "KubeletReady",
    "message": "conformance",
    "lastHeartbeatTime": "2026-01-01T00:00:00Z",
    "lastTransitionTime": "2026-01-01T00:00:00Z",
}
_ROOM: Final = {"pods": "110", "cpu": "64", "memory": "64Gi"}


def _node(number: int) -> dict[str, Any]:
    name = f"node-{number}"
    labels = {"kubernetes.io/hostname": name, "topology.kubernetes.io/zone": f"zone-{number}"}
    return objects.node(
        name,
        addresses=[f"192.168.10.{10 + number}"],
        metadata={"labels": labels},
        status={"conditions": [_READY], "capacity": _ROOM, "allocatable": _ROOM},
        podCIDR=f"10.244.{number}.0/24",
    )


NODES: Final = (_node(1), _node(2))


def register(api: Side, node: dict[str, Any]) -> None:
    """Create a node that pods may be put on: a real API taints new ones until they are seen to be ready."""
    api.quietly("POST", "/api/v1/nodes", node)
    untainted = {"spec": {"taints": None}}
    path = f"/api/v1/nodes/{node['metadata']['name']}"
    api.quietly("PATCH", path, untainted, Content_Type="application/merge-patch+json")


def run_pod(api: Side, name: str, address: str, *, ready: bool = True) -> None:
    """Report a pod's containers as running."""
    status = "True" if ready else "False"
    conditions = [
        {"type": kind, "status": status, "lastTransitionTime": "2026-01-01T00:00:00Z"}
        for kind in ("ContainersReady", "Ready")
    ]
    reported = {
        "phase": "Running",
        "podIP": address,
        "podIPs": [{"ip": address}],
        "startTime": "2026-01-01T00:00:00Z",
        "conditions": conditions,
        "containerStatuses": [
            {
                "name": "web",
                "image": "nginx",
                "imageID": "nginx",
                "ready": ready,
                "started": ready,
                "restartCount": 0,
                "state": {"running": {"startedAt": "2026-01-01T00:00:00Z"}},
            }
        ],
    }
    path = f"{api.path('pods', name)}/status"
    api.quietly("PATCH", path, {"status": reported}, Content_Type="application/strategic-merge-patch+json")


def run_all(api: Side, selector: str, count: int) -> list[str]:
    """Wait for that many scheduled pods and report all as running; their names."""
    path = f"{api.path('pods')}?labelSelector={selector}"

    def scheduled(body: Any) -> bool:
        pods = [pod for pod in body["items"] if "deletionTimestamp" not in pod["metadata"]]
        return len(pods) == count and all(pod["spec"].get("nodeName") for pod in pods)

    body = api.wait(path, f"{count} scheduled pods of {selector}", scheduled)
    names = sorted(
        pod["metadata"]["name"] for pod in body["items"] if "deletionTimestamp" not in pod["metadata"]
    )
    for index, name in enumerate(names):
        run_pod(api, name, f"10.244.1.{10 + index}")
    return names
