"""What a cluster adds to each pod: time for a node that is lost."""

from typing import Final

from mockcloud.kube.admission.attributes import Attributes
from mockcloud.kube.json_types import JsonObject, object_at, objects_at
from mockcloud.kube.resources.pods.pod import POD

NODE_LOSS: Final = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")
NODE_LOSS_SECONDS: Final = 300


async def default_toleration_seconds(write: Attributes) -> JsonObject:
    """DefaultTolerationSeconds: five minutes for a node that is not ready or cannot be reached."""
    if not _is_pod(write):
        return write.object
    spec = object_at(write.object, "spec")
    stated = objects_at(spec, "tolerations")
    tolerated = {each.get("key") or "" for each in stated if each.get("effect") in (None, "", "NoExecute")}
    added: list[JsonObject] = [
        {"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": NODE_LOSS_SECONDS}
        for key in NODE_LOSS
        if not tolerated & {key, ""}
    ]
    return {**write.object, "spec": {**spec, "tolerations": [*stated, *added]}}


def _is_pod(write: Attributes) -> bool:
    return write.kind is POD and write.writes_all
