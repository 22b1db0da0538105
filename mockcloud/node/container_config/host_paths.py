"""hostPath: the machine's programs, read-only, and a disk of the node's own for all else.

What pods see of the machine anyway, and what `mockcloud up --host-path` names, is the machine's. Every other
path is on the node's disk, a folder of the lab: there pods write, and what is missing is made, as on a node.
"""

import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from mockcloud.node.pods.rendering import NoVolume
from mockcloud.node.sandbox.paths import LeadsAway, descend
from mockcloud.node.sandbox.tree import SHOWN, is_inside, top

_KERNELS: Final = ("/dev", "/proc", "/sys")
_IS: Final[dict[str, tuple[Callable[[int], bool], str]]] = {
    "Directory": (stat.S_ISDIR, "directory"),
    "File": (stat.S_ISREG, "file"),
    "Socket": (stat.S_ISSOCK, "socket file"),
    "CharDevice": (stat.S_ISCHR, "character device"),
    "BlockDevice": (stat.S_ISBLK, "block device"),
}
_MAKES: Final = ("", "DirectoryOrCreate", "FileOrCreate")


@dataclass(frozen=True, slots=True)
class HostPlace:
    """Where a path of the node is: below a folder of the lab's machine, in which no link is followed."""

    root: Path
    inside: str = ""
    writable: bool = False


@dataclass(frozen=True, slots=True)
class HostPaths:
    """Those of one node."""

    disk: Path
    shown: tuple[str, ...] = ()  # folders of the machine, by their real names, beside those that all see

    def place(self, path: str) -> HostPlace:
        """The path's place; NoVolume where pods have none there."""
        path = os.path.normpath(f"/{path.strip('/')}")
        real = os.path.realpath(path)
        if (top(real) in SHOWN and os.path.exists(real)) or any(
            real == one or is_inside(real, one) for one in self.shown
        ):
            return HostPlace(Path(real))
        if top(path) in _KERNELS:
            msg = f"hostPath {path} is not to be had: each pod has /dev, /proc and /sys of its own"
            raise NoVolume(msg)
        return HostPlace(self.disk, path.strip("/"), writable=True)

    def make(self, path: str, kind: str, owner: int) -> None:
        """See to it that the path is what its type says, for that user; NoVolume, OSError."""
        place = self.place(path)
        if place.writable:
            self.disk.mkdir(parents=True, exist_ok=True)
            os.chown(self.disk, owner, owner)
        missing = _mode(place) is None
        if missing and place.writable and kind in _MAKES:
            self._create(place, kind, owner)
        self._check(path, kind, _mode(place))

    def _create(self, place: HostPlace, kind: str, owner: int) -> None:
        parts = PurePosixPath(place.inside).parts
        disk = os.open(self.disk, os.O_PATH | os.O_CLOEXEC)
        try:
            if kind == "FileOrCreate":  # a kubelet makes no folders for it
                os.close(descend(disk, parts[:-1]))
            os.close(descend(disk, parts, owner, folder=kind != "FileOrCreate"))
        finally:
            os.close(disk)

    def _check(self, path: str, kind: str, mode: int | None) -> None:
        if not kind and mode is not None:
            return
        is_it, what = _IS.get(kind.removesuffix("OrCreate"), (lambda _mode: True, "file or directory"))
        if mode is None or not is_it(mode):
            msg = f"hostPath type check failed: {path} is not a {what}"
            raise NoVolume(msg)


def _mode(place: HostPlace) -> int | None:
    """What is there (st_mode); None: nothing."""
    try:
        root = os.open(place.root, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        found = descend(root, PurePosixPath(place.inside).parts, folder=False)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except LeadsAway as error:
        msg = f"hostPath /{place.inside}: a link is on the way, which is not followed ({error.strerror})"
        raise NoVolume(msg) from error
    finally:
        os.close(root)
    try:
        return os.fstat(found).st_mode
    finally:
        os.close(found)
