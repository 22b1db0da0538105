"""The tables of Deployments, ReplicaSets, StatefulSets and their revisions."""

from typing import Final

from mockcloud.kube.json_types import JsonObject, object_at, objects_at
from mockcloud.kube.objects.subresources import selector_text
from mockcloud.kube.tables.cells import NONE, Cell, Printer, age, integers, name_of, texts, wide


def _template_cells(obj: JsonObject) -> list[Cell]:
    """Containers, images and selector, as `-o wide` adds them."""
    spec = object_at(obj, "spec")
    containers = objects_at(object_at(object_at(spec, "template"), "spec"), "containers")
    return [
        ",".join(str(container.get("name")) for container in containers),
        ",".join(str(container.get("image", "")) for container in containers),
        selector_text(object_at(spec, "selector")) or NONE,
    ]


def _count(status: JsonObject, name: str) -> int:
    return int(status.get(name) or 0)


def _deployment(deployment: JsonObject, now: float) -> list[Cell]:
    status = object_at(deployment, "status")
    wanted = object_at(deployment, "spec").get("replicas", 1)
    return [
        name_of(deployment),
        f"{_count(status, 'readyReplicas')}/{wanted}",
        _count(status, "updatedReplicas"),
        _count(status, "availableReplicas"),
        age(deployment, now),
        *_template_cells(deployment),
    ]


def _replica_set(replica_set: JsonObject, now: float) -> list[Cell]:
    status = object_at(replica_set, "status")
    return [
        name_of(replica_set),
        int(object_at(replica_set, "spec").get("replicas", 1)),
        _count(status, "replicas"),
        _count(status, "readyReplicas"),
        age(replica_set, now),
        *_template_cells(replica_set),
    ]


def _stateful_set(stateful_set: JsonObject, now: float) -> list[Cell]:
    wanted = object_at(stateful_set, "spec").get("replicas", 1)
    return [
        name_of(stateful_set),
        f"{_count(object_at(stateful_set, 'status'), 'readyReplicas')}/{wanted}",
        age(stateful_set, now),
        *_template_cells(stateful_set)[:2],
    ]


def _controller_revision(revision: JsonObject, now: float) -> list[Cell]:
    owners = [each for each in objects_at(revision["metadata"], "ownerReferences") if each.get("controller")]
    owner = _qualified(owners[0]) if owners else NONE
    return [name_of(revision), owner, str(revision.get("revision") or 0), age(revision, now)]


def _qualified(owner: JsonObject) -> str:
    """`statefulset.apps/web`, as kubectl names objects of any kind."""
    group = str(owner["apiVersion"]).rpartition("/")[0]
    kind = str(owner["kind"]).lower()
    return f"{kind}.{group}/{owner['name']}" if group else f"{kind}/{owner['name']}"


_TEMPLATE_COLUMNS: Final = wide("Containers", "Images", "Selector")

DEPLOYMENT: Final = Printer(
    (*texts("Name", "Ready", "Up-to-date", "Available", "Age"), *_TEMPLATE_COLUMNS), _deployment
)
REPLICA_SET: Final = Printer(
    (*texts("Name"), *integers("Desired", "Current", "Ready"), *texts("Age"), *_TEMPLATE_COLUMNS),
    _replica_set,
)
STATEFUL_SET: Final = Printer(
    (*texts("Name", "Ready", "Age"), *wide("Containers", "Images")),
    _stateful_set,
)
CONTROLLER_REVISION: Final = Printer(texts("Name", "Controller", "Revision", "Age"), _controller_revision)
