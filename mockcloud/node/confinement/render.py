"""A container's security and ids -> the message for its pod's shim (`shim/confining.Confinement`)."""

from typing import Any

from mockcloud.node.confinement.seccomp import default_filter
from mockcloud.node.pods.security import NAMES, Security
from mockcloud.pod_ids import PodIds


def confinement(security: Security, ids: PodIds) -> dict[str, Any]:
    """ValueError where the pod has no such id, SeccompMissing. The first of a kind takes 50 ms."""
    everything = security.privileged
    return {
        "uid": security.uid,
        # Where there is but one id, root would lose its network with a name of its own for its group.
        "gid": 0 if ids.single and security.uid == 0 else security.gid,
        "groups": () if ids.single else _groups(security, ids),
        "owner": ids.owner(security.uid, security.gid),
        "renamed": ids.single and security.uid != 0,
        "capabilities": None if everything else sorted(map(NAMES.index, security.capabilities)),
        "no_new_privileges": not security.may_escalate,
        "seccomp": default_filter(security.capabilities).hex() if security.filtered else "",
        "masked": not security.unmasked,
        "mounts": security.may_mount,
    }


def _groups(security: Security, ids: PodIds) -> tuple[int, ...]:
    for group in security.groups:
        ids.owner(0, group)
    return security.groups
