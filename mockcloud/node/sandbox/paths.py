"""Ways into folders that a pod may change meanwhile: no link is followed, and nothing is made outside."""

import contextlib
import errno
import os
import stat
from collections.abc import Sequence
from typing import Final

PLACE: Final = os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC


class LeadsAway(OSError):
    """There is a link on the way; or something that is no folder."""


def descend(start: int, parts: Sequence[str], owner: int | None = None, *, folder: bool = True) -> int:
    """A descriptor (O_PATH) of what is at `parts` below the folder `start`; LeadsAway, OSError.

    With `owner` (a user and group), what is missing is made: folders and, unless `folder`, a file at the end.
    """
    here = os.dup(start)
    for index, part in enumerate(parts):
        last = index == len(parts) - 1
        try:
            if owner is not None:
                _make(here, part, owner, folder=folder or not last)
            found = os.open(part, PLACE, dir_fd=here)
        finally:
            os.close(here)
        if _is_link(found) or not (last or _is_folder(found)):
            os.close(found)
            raise LeadsAway(errno.ELOOP, f"{part} is a link, or no folder", "/".join(parts))
        here = found
    return here


def named(fd: int) -> str:
    """A path of the descriptor's file, for system calls that take none."""
    return f"/proc/thread-self/fd/{fd}"


def _make(parent: int, name: str, owner: int, *, folder: bool) -> None:
    with contextlib.suppress(FileExistsError):
        if folder:
            os.mkdir(name, 0o755, dir_fd=parent)
        else:
            os.close(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644, dir_fd=parent))
        os.chown(name, owner, owner, dir_fd=parent, follow_symlinks=False)


def _is_link(fd: int) -> bool:
    return stat.S_ISLNK(os.fstat(fd).st_mode)


def _is_folder(fd: int) -> bool:
    return stat.S_ISDIR(os.fstat(fd).st_mode)
