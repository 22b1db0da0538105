"""The pods of a StatefulSet and their volume claims as they are to be made: names that last."""

from mockcloud.client.objects import Object
from mockcloud.controllers.adoption.plan import controller_reference
from mockcloud.controllers.history.objects import REVISION_LABEL, Revision
from mockcloud.controllers.statefulset.objects import POD_INDEX_LABEL, POD_NAME_LABEL, StatefulSet


def pod(owner: StatefulSet, revision: Revision, ordinal: int) -> Object:
    """The pod of an ordinal, of a revision's template."""
    name = owner.pod_name(ordinal)
    metadata = revision.template.get("metadata") or {}
    handed_down = {key: metadata[key] for key in ("annotations", "finalizers") if metadata.get(key)}
    identity = {
        POD_INDEX_LABEL: str(ordinal),
        POD_NAME_LABEL: name,
        REVISION_LABEL: revision.meta.name,
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            **handed_down,
            "name": name,
            "generateName": f"{owner.meta.name}-",
            "namespace": owner.meta.namespace,
            "labels": {**(metadata.get("labels") or {}), **identity},
            "ownerReferences": [controller_reference("apps/v1", "StatefulSet", owner.meta)],
        },
        "spec": _pod_spec(owner, revision.template["spec"], ordinal),
    }


def claims(owner: StatefulSet, ordinal: int) -> list[Object]:
    """The claims of an ordinal's pod, one for each template."""
    return [_claim(owner, each, ordinal) for each in owner.claims]


def claim_name(owner: StatefulSet, template: Object, ordinal: int) -> str:
    """`data-redis-0`."""
    return f"{template['metadata']['name']}-{owner.pod_name(ordinal)}"


def _pod_spec(owner: StatefulSet, spec: Object, ordinal: int) -> Object:
    found = {**spec, "hostname": owner.pod_name(ordinal)}
    if owner.service_name:
        found["subdomain"] = owner.service_name
    claimed = {
        each["metadata"]["name"]: {"claimName": claim_name(owner, each, ordinal)} for each in owner.claims
    }
    volumes = [{"name": name, "persistentVolumeClaim": claim} for name, claim in claimed.items()]
    volumes += [each for each in spec.get("volumes") or () if each["name"] not in claimed]
    return {**found, "volumes": volumes} if volumes else found


def _claim(owner: StatefulSet, template: Object, ordinal: int) -> Object:
    metadata = template["metadata"]
    body = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {
            "name": claim_name(owner, template, ordinal),
            "namespace": owner.meta.namespace,
            "labels": {**(metadata.get("labels") or {}), **dict(owner.selector.equals)},
        },
        "spec": template["spec"],
    }
    if metadata.get("annotations"):
        body["metadata"]["annotations"] = metadata["annotations"]
    return body
