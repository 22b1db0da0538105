"""What of the host's files a container sees, and how: decided from names alone. Pure.

A container's root is a small file system in memory, in which the host's folders of programs are laid under a
layer of the container's own (an overlay): it sees those, and what it writes stays with it. What is under
other mounts cannot be overlaid in a user namespace; such a folder is made anew, entry by entry.
"""

from collections.abc import Collection, Iterable
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Final

# What of the host containers see: programs, and what those need. No homes, no data, no sockets.
SHOWN: Final = frozenset(
    {
        *("/bin", "/etc", "/lib", "/lib32", "/lib64", "/libx32", "/opt", "/sbin", "/usr"),
        *("/gnu", "/nix", "/snap"),
    }
)
# Folders of the container's own, in which programs expect to write; /proc and /sys are mounted.
OWN: Final = (
    *(
        "/boot",
        "/dev",
        "/home",
        "/media",
        "/mnt",
        "/proc",
        "/root",
        "/run",
        "/run/lock",
        "/srv",
        "/sys",
        "/tmp",
    ),
    *("/var", "/var/cache", "/var/lib", "/var/local", "/var/log", "/var/mail", "/var/opt", "/var/spool"),
    *("/var/tmp", "/var/www"),
)
LINKS: Final = {"/var/lock": "/run/lock", "/var/run": "/run"}
# Where, in what is shown, programs that were not installed as this user expect to write.
WRITABLE: Final = ("/etc", "/opt", "/usr/local", "/usr/share", "/usr/share/nginx/html")


class How(StrEnum):
    """How one of the host's folders is shown."""

    OVERLAY = "overlay"  # under a layer that takes what is written
    REBUILD = "rebuild"  # a folder of our own with the same entries
    BIND = "bind"  # as it is, read-only
    EMPTY = "empty"  # a folder of our own with nothing in it


def how(folder: str, mounts: Collection[str], wanted: Collection[str], *, readable: bool) -> How:
    """How to show `folder`, where `mounts` are the host's mount points and `wanted` is to be written to."""
    if not readable:
        return How.EMPTY
    if not any(is_inside(mount, folder) for mount in mounts):
        return How.OVERLAY
    return How.REBUILD if any(is_inside(path, folder) or path == folder for path in wanted) else How.BIND


def is_inside(path: str, folder: str) -> bool:
    """Whether the path is below the folder."""
    return path.startswith(folder.rstrip("/") + "/")


def mount_points(mountinfo: str) -> frozenset[str]:
    """The mount points in a /proc/PID/mountinfo (proc_pid_mountinfo(5)), unescaped."""
    found = (line.split(" ", 5)[4] for line in mountinfo.splitlines())
    return frozenset(_unescape(path) for path in found)


def hidden(paths: Iterable[str]) -> list[str]:
    """Those of the paths that a container would not see, since only some of the host's folders are shown."""
    return sorted({path for path in paths if top(path) not in SHOWN})


def top(path: str) -> str:
    """The top folder that the absolute path is in: `/usr/lib` -> `/usr`; the root itself is in none."""
    return "/".join(PurePosixPath(path).parts[:2]).replace("//", "/")


def _unescape(text: str) -> str:
    for code, character in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        text = text.replace(code, character)
    return text
