"""Where a volume of the cluster is: a folder below that of all claimed volumes."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

from mockcloud.cluster_defaults import VOLUME_PROVISIONER

Object = Mapping[str, Any]
OF_THIS_NODE: Final = ("hostPath", "local")


def volume_name(claim: Object) -> str:
    """The volume that the claim is bound to; ValueError, in kubelet's words, where it is to none."""
    metadata, status = claim["metadata"], claim.get("status") or {}
    name = claim["spec"].get("volumeName") or ""
    if not name or status.get("phase") != "Bound":
        msg = f"error processing PVC {metadata['namespace']}/{metadata['name']}: PVC is not bound"
        raise ValueError(msg)
    return str(name)


def volume_folder(volume: Object, node: str) -> str:
    """The folder's path; ValueError for a volume that no node of a lab has.

    A path on a node is a folder of that node, and not the machine's; one on a server is the same for all.
    """
    spec, name = volume["spec"], volume["metadata"]["name"]
    csi = spec.get("csi")
    if csi and csi.get("driver") == VOLUME_PROVISIONER:
        return _name(csi["volumeHandle"])
    for kind in OF_THIS_NODE:
        if spec.get(kind):
            return f"nodes/{node}/{_name(spec[kind]['path'])}"
    if spec.get("nfs"):
        return f"nfs/{_name(spec['nfs']['server'])}/{_name(spec['nfs']['path'])}"
    if csi:
        msg = f"driver name {csi.get('driver')} not found in the list of registered CSI drivers"
        raise ValueError(msg)
    msg = f'PersistentVolume "{name}": expected hostPath, local, nfs or csi: a lab has no other volumes'
    raise ValueError(msg)


def _name(text: str) -> str:
    """The text as one folder's name, which is none of those with a meaning."""
    return quote(text, safe="").replace(".", "%2E") if text.startswith(".") else quote(text, safe="")
