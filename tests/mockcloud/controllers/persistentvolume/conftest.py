"""Claims, volumes and classes from the API's objects, short to write."""

from mockcloud.controllers.objects.volume_claims import parse_volume_claim
from mockcloud.controllers.objects.volumes import parse_storage_class, parse_volume

BOUND = {"pv.kubernetes.io/bind-completed": "yes"}


def claim(name="data", size="1Gi", phase="Pending", modes=("ReadWriteOnce",), meta=None, **spec):
    """A claim of class `manual`."""
    asked = {"accessModes": list(modes), "resources": {"requests": {"storage": size}}}
    return parse_volume_claim(
        {
            "metadata": {"namespace": "ns", "name": name, "uid": f"uid of {name}", **(meta or {})},
            "spec": {**asked, "storageClassName": "manual", **spec},
            "status": {"phase": phase},
        }
    )


def volume(name="v", size="1Gi", phase="Available", owner="", meta=None, **spec):
    """A volume of class `manual`; `owner` is the claim that it is for, `owner:` one that it waits for."""
    given = {"capacity": {"storage": size}, "accessModes": ["ReadWriteOnce"], "storageClassName": "manual"}
    if owner:
        whose = owner.removesuffix(":")
        given["claimRef"] = {"namespace": "ns", "name": whose}
        if whose == owner:
            given["claimRef"]["uid"] = f"uid of {owner}"
    return parse_volume(
        {
            "metadata": {"name": name, "uid": name, **(meta or {})},
            "spec": {**given, **spec},
            "status": {"phase": phase},
        }
    )


def storage_class(name="manual", provisioner="example.com/disk", *, default=False, delayed=False):
    """A class; `delayed` ones wait for a pod."""
    notes = {"storageclass.kubernetes.io/is-default-class": "true"} if default else {}
    return parse_storage_class(
        {
            "metadata": {"name": name, "uid": name, "annotations": notes},
            "provisioner": provisioner,
            "volumeBindingMode": "WaitForFirstConsumer" if delayed else "Immediate",
        }
    )


def on_node(name):
    """The affinity of a volume that only this node reaches."""
    term = {"matchFields": [{"key": "metadata.name", "operator": "In", "values": [name]}]}
    return {"nodeAffinity": {"required": {"nodeSelectorTerms": [term]}}}
