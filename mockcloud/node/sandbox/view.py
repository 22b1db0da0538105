"""Makes the mounts that one container sees, in the calling thread (see `tree` for what they are).

Nothing on the host is changed, and all of it ends with the container: the namespace is kept by a descriptor,
and by the programs that run in it.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mockcloud.linux import (
    CLONE_NEWNS,
    MS_BIND,
    MS_REC,
    MS_SLAVE,
    make_read_only,
    mount,
    pivot_root,
    unmount,
    unshare,
)
from mockcloud.node.sandbox.tree import OWN, WRITABLE, How, how, is_inside, mount_points, top

DEVICES: Final = ("full", "null", "random", "tty", "urandom", "zero", "net/tun")
DEVICE_LINKS: Final = {
    "fd": "/proc/self/fd",
    "ptmx": "pts/ptmx",
    "stderr": "/proc/self/fd/2",
    "stdin": "/proc/self/fd/0",
    "stdout": "/proc/self/fd/1",
}
OPEN_TO_ALL: Final = ("/tmp", "/var/tmp", "/dev/shm")
OLD: Final = "/.host"
LAYERS: Final = "/.layers"


class ViewError(Exception):
    """The container's files cannot be as its spec says; the message says which and why."""


@dataclass(frozen=True, slots=True)
class Bind:
    """A file or folder of the host at a place in the container: both absolute, the target not the root."""

    source: str
    target: str
    read_only: bool = True


@dataclass(frozen=True, slots=True)
class View:
    """All that is the container's own."""

    binds: tuple[Bind, ...] = ()
    folders: tuple[str, ...] = ()  # to be there: the working directory


def make_view(view: View, staging: Path) -> int:
    """A descriptor of a new mount namespace; ViewError. The thread is in it afterwards, so it must end.

    `staging` is an empty folder: the new root stands there for a moment.
    """
    try:
        unshare(CLONE_NEWNS)
        os.umask(0o022)  # of this thread alone: it no longer shares such things with the others
        mount("none", "/", flags=MS_REC | MS_SLAVE)
        namespace = os.open("/proc/thread-self/ns/mnt", os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        msg = f"this system gives no mount namespace: {error.strerror}"
        raise ViewError(msg) from error
    try:
        _Builder(view, str(staging)).build()
    except (OSError, ViewError) as error:
        os.close(namespace)
        raise ViewError(_why(error)) from error
    return namespace


class _Builder:
    def __init__(self, view: View, root: str) -> None:
        self._binds = sorted(view.binds, key=lambda bind: bind.target.count("/"))
        self._folders = view.folders
        self._root = root
        self._mounts = mount_points(Path("/proc/thread-self/mountinfo").read_text())
        self._points = self._resolved()
        self._wanted = {*WRITABLE, *self._points}

    def _resolved(self) -> dict[str, bool]:
        """Where binds and folders will be, links followed, unless inside another bind; is it a folder?"""
        targets = [bind.target for bind in self._binds]
        asked = {bind.target: os.path.isdir(bind.source) for bind in self._binds}
        asked.update(dict.fromkeys(self._folders, True))
        return {
            _resolve(path): folder
            for path, folder in asked.items()
            if not any(is_inside(path, other) for other in targets)
        }

    def build(self) -> None:
        root = self._root
        mount("tmpfs", root, "tmpfs", options="mode=755")
        os.mkdir(root + LAYERS)
        mount("tmpfs", root + LAYERS, "tmpfs")
        os.mkdir(root + OLD)
        for entry in os.scandir("/"):
            if entry.is_symlink():
                os.symlink(os.readlink(entry.path), root + entry.path)
            elif entry.is_dir():
                os.mkdir(root + entry.path)
                self._show(entry.path)
        for own in OWN:
            os.makedirs(root + own, exist_ok=True)
        unmount(root + LAYERS)  # the overlays hold on to it
        os.rmdir(root + LAYERS)
        self._system()
        os.chdir(root)
        pivot_root(root, root + OLD)
        os.chdir("/")
        for bind in self._binds:
            self._bind(bind)
        for folder in self._folders:
            os.makedirs(folder, exist_ok=True)
        unmount(OLD)
        os.rmdir(OLD)

    def _show(self, folder: str) -> None:
        readable = os.access(folder, os.R_OK | os.X_OK)
        match how(folder, self._mounts, self._wanted, readable=readable):
            case How.OVERLAY:
                self._overlay(folder)
            case How.REBUILD:
                self._rebuild(folder)
            case How.BIND:
                self._as_it_is(folder)

    def _overlay(self, folder: str) -> None:
        place = f"{self._root}{LAYERS}/{folder.strip('/').replace('/', '%')}"
        upper, work = f"{place}/upper", f"{place}/work"
        os.makedirs(upper)
        os.mkdir(work)
        for path in sorted(self._wanted):
            if is_inside(path, folder):
                self._prepare(upper + path.removeprefix(folder), path)
        options = f"lowerdir={_escape(folder)},upperdir={_escape(upper)},workdir={_escape(work)},userxattr"
        try:
            mount("overlay", self._root + folder, "overlay", options=options)
        except OSError:  # a kernel before 5.11, or a file system that is no good as a lower one
            self._as_it_is(folder)

    def _prepare(self, place: str, path: str) -> None:
        """Make what is wanted in the upper layer: the folders below it belong to others than this user."""
        if not self._points.get(path, True):
            os.makedirs(os.path.dirname(place), exist_ok=True)
            Path(place).touch()
        elif path in self._points or not os.path.islink(path):
            os.makedirs(place, exist_ok=True)
            if path in OPEN_TO_ALL:
                os.chmod(place, 0o1777)

    def _rebuild(self, folder: str) -> None:
        for entry in os.scandir(folder):
            target = self._root + entry.path
            if entry.is_symlink():
                os.symlink(os.readlink(entry.path), target)
            elif entry.is_dir():
                os.mkdir(target)
                below = any(path == entry.path or is_inside(path, entry.path) for path in self._wanted)
                self._show(entry.path) if below else self._as_it_is(entry.path)
            elif entry.is_file():
                Path(target).touch()
                self._as_it_is(entry.path)

    def _as_it_is(self, path: str) -> None:
        mount(path, self._root + path, flags=MS_BIND | MS_REC)
        make_read_only(self._root + path)

    def _system(self) -> None:
        """/proc, /sys, /dev, and the folders for what passes."""
        root = self._root
        for path in ("/proc", "/sys"):
            # A process of the pod mounts its own over these (programs/spawning), for which they must be seen.
            mount(path, root + path, flags=MS_BIND | MS_REC)
        for name in DEVICES:
            if os.path.exists(f"/dev/{name}"):
                os.makedirs(os.path.dirname(f"{root}/dev/{name}"), exist_ok=True)
                Path(f"{root}/dev/{name}").touch()
                mount(f"/dev/{name}", f"{root}/dev/{name}", flags=MS_BIND)
        for name, target in DEVICE_LINKS.items():
            os.symlink(target, f"{root}/dev/{name}")
        for name in ("pts", "shm"):
            os.mkdir(f"{root}/dev/{name}")
        mount("devpts", f"{root}/dev/pts", "devpts", options="newinstance,ptmxmode=0666,mode=0620")
        for path in OPEN_TO_ALL:
            if top(path) in OWN:
                os.chmod(root + path, 0o1777)
        os.makedirs(f"{root}/run/lock", exist_ok=True)

    def _bind(self, bind: Bind) -> None:
        target = os.path.realpath(bind.target)
        source = OLD + bind.source
        if not os.path.lexists(target):
            try:
                if os.path.isdir(source):
                    os.makedirs(target)
                else:
                    os.makedirs(os.path.dirname(target), exist_ok=True)
                    Path(target).touch()
            except OSError as error:
                msg = f"the mount point {bind.target} cannot be made: {error.strerror}"
                raise ViewError(msg) from error
        mount(source, target, flags=MS_BIND | MS_REC)
        if bind.read_only:
            make_read_only(target)


def _why(error: OSError | ViewError) -> str:
    if isinstance(error, ViewError):
        return str(error)
    return f"{error.filename}: {error.strerror}" if error.filename else str(error.strerror)


def _resolve(path: str) -> str:
    """The path with the host's links followed, unless it is in one of the container's own folders."""
    return path if top(path) in OWN else os.path.realpath(path)


def _escape(path: str) -> str:
    """As overlayfs' options have it: a comma and a colon mean something there."""
    return path.replace("\\", "\\\\").replace(",", "\\,").replace(":", "\\:")
