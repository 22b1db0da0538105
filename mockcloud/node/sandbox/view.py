"""Makes the mounts that one container sees, in the calling thread (see `tree` for what they are).

Nothing on the host is changed, and all of it ends with the container: the namespace is kept by a descriptor,
and by the programs that run in it.
"""

import contextlib
import errno
import os
import stat
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
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
from mockcloud.node.sandbox.paths import LeadsAway, descend, named
from mockcloud.node.sandbox.tree import LINKS, OWN, SHOWN, WRITABLE, How, how, is_inside, mount_points, top

DEVICES: Final = ("full", "null", "random", "tty", "urandom", "zero", "net/tun")
DEVICE_LINKS: Final = {
    "fd": "/proc/self/fd",
    "ptmx": "pts/ptmx",
    "stderr": "/proc/self/fd/2",
    "stdin": "/proc/self/fd/0",
    "stdout": "/proc/self/fd/1",
}
OPEN_TO_ALL: Final = ("/tmp", "/var/tmp")
SHARED_MEMORY: Final = "64m"  # of /dev/shm, as container runtimes have it
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
    inside: str = ""  # a path below the source, in which no link is followed


@dataclass(frozen=True, slots=True)
class Laid:
    """What an image has that the machine lacks, for the container to change: a folder for all, unless it is
    a file with that content, or a link to that target."""

    path: str  # absolute
    content: bytes | None = None
    link: str = ""

    @property
    def is_folder(self) -> bool:
        return self.content is None and not self.link


@dataclass(frozen=True, slots=True)
class View:
    """All that is the container's own."""

    binds: tuple[Bind, ...] = ()
    laid: tuple[Laid, ...] = ()  # folders before what is in them; not where something is bound
    folders: tuple[str, ...] = ()  # to be there: the working directory
    root: int = 0  # whose all that is: the pod's uid and gid 0, as the lab numbers them
    base: str = (
        ""  # a folder of the host: the image's own root, under a layer; nothing else of the host's then
    )
    read_only: bool = False  # but for binds, /dev and what a process of the pod will mount


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
        self._view = view
        self._binds = sorted(view.binds, key=lambda bind: bind.target.count("/"))
        self._root = root
        self._layers = ["/"]  # mounts of the container's own that it may write
        self._mounts = mount_points(Path("/proc/thread-self/mountinfo").read_text())
        self._laid = [one for one in view.laid if not self._is_bound(one.path)]
        self._points = {} if view.base else self._resolved()
        self._wanted = {*WRITABLE, *self._points}

    def _resolved(self) -> dict[str, bool]:
        """Where binds and folders will be, links followed, unless inside another bind; is it a folder?"""
        targets = [bind.target for bind in self._binds]
        asked = {bind.target: os.path.isdir(os.path.join(bind.source, bind.inside)) for bind in self._binds}
        asked.update(dict.fromkeys(self._view.folders, True))
        asked.update({one.path: one.is_folder for one in self._laid if not one.link})
        return {
            _resolve(path): folder
            for path, folder in asked.items()
            if not any(is_inside(path, other) for other in targets)
        }

    def _is_bound(self, path: str) -> bool:
        return any(path == bind.target or is_inside(path, bind.target) for bind in self._binds)

    def build(self) -> None:
        self._memory(self._root, "mode=755")
        if self._view.base:
            self._own_root(self._view.base)
        else:
            self._folders()
        root = self._root
        os.mkdir(root + OLD)
        self._system()
        os.chdir(root)
        pivot_root(root, root + OLD)
        os.chdir("/")
        self._root = ""
        for laid in self._laid:
            self._lay(laid)
        for bind in self._binds:
            self._bind(bind)
        unmount(OLD)
        os.rmdir(OLD)
        for folder in self._view.folders:  # last, as a link of the pod's may be on the way
            self._make(folder)
        if self._view.read_only:
            for layer in self._layers:
                make_read_only(layer, alone=True)

    def _own_root(self, base: str) -> None:
        """The image's files under a layer of the container's; the root is then that."""
        upper, work, merged = (f"{self._root}/{name}" for name in ("upper", "work", "merged"))
        for place in (upper, work, merged):
            os.mkdir(place)
        found = os.stat(base)
        os.chmod(upper, stat.S_IMODE(found.st_mode))
        os.chown(upper, found.st_uid, found.st_gid)
        options = f"lowerdir={_escape(base)},upperdir={_escape(upper)},workdir={_escape(work)},userxattr"
        try:
            mount("overlay", merged, "overlay", options=options)
        except OSError as error:
            msg = f"the image's files cannot be laid under the container's: {error.strerror}"
            raise ViewError(msg) from error
        self._root = merged
        for folder in ("/proc", "/sys", "/dev"):  # nothing is mounted where a link of the image's leads
            if os.path.islink(merged + folder) or os.path.isfile(merged + folder):
                msg = f"the image has {folder} as a link or a file: expected a folder, or nothing"
                raise ViewError(msg)
            self._make(merged + folder)

    def _folders(self) -> None:
        """Those of the host that are shown, and the container's own."""
        root = self._root
        os.mkdir(root + LAYERS)
        mount("tmpfs", root + LAYERS, "tmpfs")
        for entry in (found for found in os.scandir("/") if found.path in SHOWN):
            if entry.is_symlink():
                os.symlink(os.readlink(entry.path), root + entry.path)
            elif entry.is_dir():
                self._make(root + entry.path)
                self._show(entry.path)
        for own in OWN:
            self._make(root + own)
        for place, target in LINKS.items():
            os.symlink(target, root + place)
        unmount(root + LAYERS)  # the overlays hold on to it
        os.rmdir(root + LAYERS)

    def _memory(self, place: str, options: str) -> None:
        """A file system in memory, of the pod's root user."""
        owner = self._view.root
        mount("tmpfs", place, "tmpfs", options=f"{options},uid={owner},gid={owner}")

    def _make(self, folder: str) -> None:
        """The folder, and those above it that are not there, for the pod's root user."""
        if os.path.isdir(folder):
            return
        self._make(os.path.dirname(folder))
        os.mkdir(folder)
        os.chown(folder, self._view.root, self._view.root)

    def _touch(self, file: str) -> None:
        Path(file).touch()
        os.chown(file, self._view.root, self._view.root)

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
        self._make(upper)
        os.mkdir(work)
        for path in sorted(self._wanted):
            if is_inside(path, folder):
                self._prepare(upper + path.removeprefix(folder), path)
        options = f"lowerdir={_escape(folder)},upperdir={_escape(upper)},workdir={_escape(work)},userxattr"
        try:
            mount("overlay", self._root + folder, "overlay", options=options)
        except OSError:  # a kernel before 5.11, or a file system that is no good as a lower one
            self._as_it_is(folder)
        else:
            self._layers.append(folder)

    def _prepare(self, place: str, path: str) -> None:
        """Make what is wanted in the upper layer: the folders below it belong to others than this user."""
        if not self._points.get(path, True):
            self._make(os.path.dirname(place))
            self._touch(place)
        elif path in self._points or not os.path.islink(path):
            self._make(place)

    def _rebuild(self, folder: str) -> None:
        for entry in os.scandir(folder):
            target = self._root + entry.path
            if entry.is_symlink():
                os.symlink(os.readlink(entry.path), target)
            elif entry.is_dir():
                self._make(target)
                below = any(path == entry.path or is_inside(path, entry.path) for path in self._wanted)
                self._show(entry.path) if below else self._as_it_is(entry.path)
            elif entry.is_file():
                self._touch(target)
                if not any(one.path == entry.path for one in self._laid):
                    self._as_it_is(entry.path)

    def _as_it_is(self, path: str) -> None:
        mount(path, self._root + path, flags=MS_BIND | MS_REC)
        make_read_only(self._root + path)

    def _system(self) -> None:
        """/proc, /sys, /dev."""
        root = self._root
        for path in ("/proc", "/sys"):
            # A process of the pod mounts its own over these (shim/confining): they must be seen for it.
            mount(path, root + path, flags=MS_BIND | MS_REC)
        self._memory(root + "/dev", "mode=755")
        for name in DEVICES:
            if os.path.exists(f"/dev/{name}"):
                self._make(os.path.dirname(f"{root}/dev/{name}"))
                self._touch(f"{root}/dev/{name}")
                mount(f"/dev/{name}", f"{root}/dev/{name}", flags=MS_BIND)
        for name, target in DEVICE_LINKS.items():
            os.symlink(target, f"{root}/dev/{name}")
        for name in ("pts", "shm"):
            self._make(f"{root}/dev/{name}")
        mount("devpts", f"{root}/dev/pts", "devpts", options="newinstance,ptmxmode=0666,mode=0620")
        self._memory(root + "/dev/shm", f"mode=1777,size={SHARED_MEMORY}")
        for path in () if self._view.base else OPEN_TO_ALL:
            os.chmod(root + path, 0o1777)

    def _lay(self, laid: Laid) -> None:
        """What the container's own programs may change; no program of the pod has run yet."""
        try:
            self._make(laid.path if laid.is_folder else os.path.dirname(laid.path))
            if laid.content is not None:
                self._touch(laid.path)
                Path(laid.path).write_bytes(laid.content)
            elif laid.link:
                os.symlink(laid.link, laid.path)
                os.chown(laid.path, self._view.root, self._view.root, follow_symlinks=False)
            else:
                os.chmod(laid.path, 0o1777)
        except OSError as error:
            msg = f"{laid.path}, which the image has, cannot be made: {error.strerror}"
            raise ViewError(msg) from error

    def _bind(self, bind: Bind) -> None:
        """What is mounted already may be a volume that the pod writes in, with links that lead away."""
        with contextlib.ExitStack() as stack:
            whole = _opened(stack, OLD + bind.source)
            source = descend(whole, PurePosixPath(bind.inside).parts)
            stack.callback(os.close, source)
            target = self._mount_point(bind, stat.S_ISDIR(os.fstat(source).st_mode))
            stack.callback(os.close, target)
            mount(named(source), named(target), flags=MS_BIND | MS_REC)
            if bind.read_only:
                mounted = self._mount_point(bind, None)
                stack.callback(os.close, mounted)
                make_read_only(named(mounted))

    def _mount_point(self, bind: Bind, folder: bool | None) -> int:
        """A descriptor of what is there now; made as a folder, or as a file, unless `folder` is None."""
        path = os.path.realpath(bind.target)
        owner = None if folder is None else self._view.root
        try:
            if path == OLD or is_inside(path, OLD):
                raise LeadsAway(errno.ELOOP, "it leads out of the container", bind.target)
            with contextlib.ExitStack() as stack:
                parts = PurePosixPath(path).parts[1:]
                return descend(_opened(stack, "/"), parts, owner, folder=bool(folder))
        except OSError as error:
            msg = f"the mount point {bind.target} cannot be made: {error.strerror}"
            raise ViewError(msg) from error


def _opened(stack: contextlib.ExitStack, path: str) -> int:
    fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
    stack.callback(os.close, fd)
    return fd


def _why(error: OSError | ViewError) -> str:
    if isinstance(error, ViewError):
        return str(error)
    return f"{error.filename}: {error.strerror}" if error.filename else str(error.strerror)


def _resolve(path: str) -> str:
    """The path with the host's links followed, unless it is in one of the container's own folders."""
    return os.path.realpath(path) if top(path) in SHOWN else path


def _escape(path: str) -> str:
    """As overlayfs' options have it: a comma and a colon mean something there."""
    return path.replace("\\", "\\\\").replace(",", "\\,").replace(":", "\\:")
