"""Layers of an image, made files in a folder: by a process with that folder as its root.

So no link leads out. A layer replaces what is below it, and `.wh.NAME` takes NAME away, `.wh..wh..opq` all
that a folder had (OCI's image specification, layer.md). Devices are left away: a container has its own.
"""

import contextlib
import gzip  # noqa: F401 - tarfile looks for it with the first layer that it is for, and inside is too late
import os
import shutil
import stat
import sys
import tarfile
from collections.abc import Sequence
from importlib.machinery import BuiltinImporter, FrozenImporter
from pathlib import Path
from typing import IO, Final

from mockcloud.images.archives.archive import ArchiveError
from mockcloud.images.archives.image_config import Account, account
from mockcloud.pod_ids import PodIds

WHITEOUT, OPAQUE = ".wh.", ".wh..wh..opq"
NOBODY: Final = 65534
MOST_NAMES: Final = 1 << 20  # of /etc/passwd and /etc/group, bytes that are read


def unpack(layers: Sequence[IO[bytes]], root: Path, ids: PodIds, user: str) -> Account:
    """Fill the empty folder, for good shut in it; whom the config's `user` means there.

    Files belong to whom the lab's pods call by the numbers in the layers. ArchiveError, ConfigError, OSError.
    """
    os.umask(0o022)
    sys.meta_path[:] = [BuiltinImporter, FrozenImporter]  # a module in a file would be the image's
    os.chroot(root)
    os.chdir("/")
    os.chown("/", *ids.owner(0, 0))
    for number, layer in enumerate(layers, 1):
        try:
            _lay(layer, ids)
        except (tarfile.TarError, EOFError) as error:
            msg = f"layer {number} of {len(layers)} is no tar: {error or 'it ends too early'}"
            raise ArchiveError(msg) from error
    return account(user, _read("/etc/passwd"), _read("/etc/group"))


def _lay(layer: IO[bytes], ids: PodIds) -> None:
    with tarfile.open(fileobj=layer) as tar:
        tar.extraction_filter = _as_it_is
        members = tar.getmembers()
        for member in members:
            _take_away(_path(member.name))
        for member in members:
            path = _path(member.name)
            if not os.path.basename(path).startswith(WHITEOUT) and not member.ischr() and not member.isblk():
                _make(tar, member, path, ids)


def _as_it_is(member: tarfile.TarInfo, _path: str) -> tarfile.TarInfo:
    return member


def _path(name: str) -> str:
    """Absolute; `..` leads no higher than the root."""
    return os.path.normpath(f"/{name}").replace("//", "/")


def _take_away(path: str) -> None:
    folder, name = os.path.split(path)
    if name == OPAQUE:
        for entry in os.listdir(folder) if os.path.isdir(folder) else ():
            _remove(os.path.join(folder, entry))
    elif name.startswith(WHITEOUT) and (gone := name.removeprefix(WHITEOUT)) not in {"", ".", ".."}:
        _remove(os.path.join(folder, gone))


def _make(tar: tarfile.TarFile, member: tarfile.TarInfo, path: str, ids: PodIds) -> None:
    if path == "/":
        os.chmod(path, member.mode & 0o7777)
        return
    _make_folder(os.path.dirname(path), ids)
    with contextlib.suppress(FileNotFoundError):
        if not (member.isdir() and stat.S_ISDIR(os.lstat(path).st_mode)):
            _remove(path)
    known = (one if one < ids.count or ids.single else NOBODY for one in (member.uid, member.gid))
    member.uid, member.gid = ids.owner(*known)
    member.name = path
    if member.islnk():
        member.linkname = _path(member.linkname)
    tar.extract(member, "/", numeric_owner=True)


def _make_folder(path: str, ids: PodIds) -> None:
    """It and those above it, where a layer does not say what they are."""
    if os.path.isdir(path):
        return
    _make_folder(os.path.dirname(path), ids)
    _remove(path)  # a file of a lower layer, or a link to nowhere
    os.mkdir(path)
    os.chown(path, *ids.owner(0, 0))


def _remove(path: str) -> None:
    try:
        if stat.S_ISDIR(os.lstat(path).st_mode):
            shutil.rmtree(path)
        else:
            os.unlink(path)
    except FileNotFoundError:
        return


def _read(path: str) -> str:
    try:
        with open(path, "rb") as file:
            return file.read(MOST_NAMES).decode(errors="replace")
    except OSError:
        return ""
