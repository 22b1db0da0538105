"""What a Deployment writes on its ReplicaSets: revision numbers, sizes followed, its own annotations."""

from collections.abc import Mapping
from typing import Final

from mockcloud.client.objects import Object
from mockcloud.controllers.adoption.plan import controller_reference
from mockcloud.controllers.deployment.objects import DESIRED, MAXIMUM, Deployment
from mockcloud.controllers.objects import pod_template
from mockcloud.controllers.objects.pod_template import HASH_LABEL
from mockcloud.controllers.objects.replica_sets import REVISION

HISTORY: Final = "deployment.kubernetes.io/revision-history"
# These describe one object, and are not handed down.
NOT_COPIED: Final = frozenset(
    {
        "kubectl.kubernetes.io/last-applied-configuration",
        "deprecated.deployment.rollback.to",
        REVISION,
        HISTORY,
        DESIRED,
        MAXIMUM,
    }
)


def sized(deployment: Deployment) -> dict[str, str]:
    """The annotations that say which size was followed."""
    most = deployment.replicas + deployment.max_surge
    return {DESIRED: str(deployment.replicas), MAXIMUM: str(most)}


def numbered(deployment: Deployment, present: Mapping[str, str], number: int) -> dict[str, str]:
    """The new ReplicaSet's annotations: the Deployment's own, its revision and its earlier revisions."""
    own = {key: value for key, value in deployment.meta.annotations.items() if key not in NOT_COPIED}
    found = {**present, **own, REVISION: str(number)}
    earlier = present.get(REVISION)
    if earlier and earlier != str(number):
        history = present.get(HISTORY)
        found[HISTORY] = f"{history},{earlier}" if history else earlier
    return found


def new_replica_set(deployment: Deployment, replicas: int, number: int) -> Object:
    """The ReplicaSet of the present template; its name and labels carry the template's hash."""
    mark = pod_template.short_hash(deployment.template, deployment.collisions)
    marked = pod_template.with_hash(deployment.template, mark)
    selector: Object = {"matchLabels": {**dict(deployment.selector.equals), HASH_LABEL: mark}}
    if deployment.selector.requirements:
        selector["matchExpressions"] = [
            {"key": each.key, "operator": each.operator, "values": list(each.values)}
            for each in deployment.selector.requirements
        ]
    spec = {"replicas": replicas, "selector": selector, "template": marked}
    if deployment.min_ready_seconds:
        spec["minReadySeconds"] = deployment.min_ready_seconds
    return {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {
            "name": f"{deployment.meta.name}-{mark}",
            "namespace": deployment.meta.namespace,
            "labels": marked["metadata"]["labels"],
            "annotations": {**numbered(deployment, {}, number), **sized(deployment)},
            "ownerReferences": [controller_reference("apps/v1", "Deployment", deployment.meta)],
        },
        "spec": spec,
    }
