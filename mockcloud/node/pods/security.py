"""securityContext of a pod and its containers -> what each is, and may. Pure.

Defaults are those of a container runtime with kubelet's `seccompDefault`.
"""

from dataclasses import dataclass, replace
from typing import Any, Final

Object = dict[str, Any]
NAMES: Final = (
    *("CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP"),
    *(
        "LINUX_IMMUTABLE",
        "NET_BIND_SERVICE",
        "NET_BROADCAST",
        "NET_ADMIN",
        "NET_RAW",
        "IPC_LOCK",
        "IPC_OWNER",
    ),
    *(
        "SYS_MODULE",
        "SYS_RAWIO",
        "SYS_CHROOT",
        "SYS_PTRACE",
        "SYS_PACCT",
        "SYS_ADMIN",
        "SYS_BOOT",
        "SYS_NICE",
    ),
    *(
        "SYS_RESOURCE",
        "SYS_TIME",
        "SYS_TTY_CONFIG",
        "MKNOD",
        "LEASE",
        "AUDIT_WRITE",
        "AUDIT_CONTROL",
        "SETFCAP",
    ),
    *("MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG", "WAKE_ALARM", "BLOCK_SUSPEND", "AUDIT_READ", "PERFMON", "BPF"),
    "CHECKPOINT_RESTORE",
)  # in the order of their numbers, capabilities(7)
DEFAULT: Final = frozenset(
    {
        *("AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE"),
        *("NET_RAW", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT"),
    }
)
ALL: Final = "ALL"
NON_ROOT: Final = 65532  # who images are said to be that must not be root, where nobody says who


@dataclass(frozen=True, slots=True)
class Security:
    """What one container is, and may."""

    uid: int = 0
    gid: int = 0
    groups: tuple[int, ...] = ()  # supplementary
    capabilities: frozenset[str] = DEFAULT
    privileged: bool = False
    may_escalate: bool = False
    filtered: bool = True  # its system calls are
    unmasked: bool = False  # it sees all of /proc
    read_only_root: bool = False
    named: bool = False  # somebody said which user: else an image with one of its own has that
    not_root: bool = False  # whoever it is

    @property
    def may_mount(self) -> bool:
        """Mounts are then its pod's own."""
        return "SYS_ADMIN" in self.capabilities


def security(pod: Object, container: Object) -> Security:
    """Of a pod's spec and one of its containers; ValueError, with the field, where it cannot be had."""
    shared, own = pod.get("securityContext") or {}, container.get("securityContext") or {}
    for context in (shared, own):
        _check(context)
    privileged = bool(own.get("privileged"))
    capabilities = frozenset(NAMES) if privileged else _capabilities(own.get("capabilities") or {})
    asked = own.get("allowPrivilegeEscalation")
    groups = [*(shared.get("supplementalGroups") or ()), *_fs_groups(shared)]
    return Security(
        uid=_uid(shared, own),
        gid=_either("runAsGroup", shared, own) or 0,
        groups=tuple(dict.fromkeys(groups)),
        capabilities=capabilities,
        privileged=privileged,
        may_escalate=bool(asked) or "SYS_ADMIN" in capabilities,
        filtered=not privileged and _is_filtered(_either("seccompProfile", shared, own) or {}),
        unmasked=privileged or own.get("procMount") == "Unmasked",
        read_only_root=bool(own.get("readOnlyRootFilesystem")),
        named=_either("runAsUser", shared, own) is not None,
        not_root=bool(_either("runAsNonRoot", shared, own)),
    )


def as_user_of_image(said: Security, uid: int, gid: int) -> Security:
    """With the image's own user, unless another was said; ValueError, in kubelet's words, for a root."""
    if said.named:
        return said
    if said.not_root and not uid:
        msg = "container has runAsNonRoot and image will run as root"
        raise ValueError(msg)
    return replace(said, uid=uid, gid=said.gid or gid)


def fs_group(pod: Object) -> int | None:
    """The group that a pod's volumes belong to, where it says one."""
    return next(iter(_fs_groups(pod.get("securityContext") or {})), None)


def _fs_groups(shared: Object) -> list[int]:
    return [] if shared.get("fsGroup") is None else [shared["fsGroup"]]


def _either(field: str, shared: Object, own: Object) -> Any:  # noqa: ANN401  (a field of an object)
    return own[field] if own.get(field) is not None else shared.get(field)


def _uid(shared: Object, own: Object) -> int:
    uid: int | None = _either("runAsUser", shared, own)
    if not _either("runAsNonRoot", shared, own):
        return uid or 0
    if uid == 0:
        msg = "container's runAsUser breaks non-root policy: runAsNonRoot is true, and runAsUser 0"
        raise ValueError(msg)
    return NON_ROOT if uid is None else uid


def _capabilities(asked: Object) -> frozenset[str]:
    add, drop = ([_name(one) for one in asked.get(key) or ()] for key in ("add", "drop"))
    found = DEFAULT
    if ALL in add:
        found = frozenset(NAMES)
    if ALL in drop:
        found = frozenset()
    return (found | set(add) - {ALL}) - (set(drop) - {ALL})


def _name(text: str) -> str:
    name = text.upper().removeprefix("CAP_")
    if name != ALL and name not in NAMES:
        msg = f"securityContext.capabilities: unknown capability {text!r}"
        raise ValueError(msg)
    return name


def _check(context: Object) -> None:
    for kind in ("seccompProfile", "appArmorProfile"):
        profile = context.get(kind) or {}
        if profile.get("type") == "Localhost":
            msg = (
                f"securityContext.{kind}: there is no profile {profile.get('localhostProfile')!r} here: "
                "this node agent knows RuntimeDefault and Unconfined"
            )
            raise ValueError(msg)


def _is_filtered(profile: Object) -> bool:
    return profile.get("type") != "Unconfined"
