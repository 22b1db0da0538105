"""How a program that has made all ready becomes the real server: by its user, never as root."""

import os
import sys
from collections.abc import Sequence
from typing import NoReturn


class Refusal(Exception):
    """The server cannot be started; the message says why, and what helps."""


def refuse(server: str, refusal: Exception) -> int:
    """Say it as the container's last words."""
    sys.stderr.write(f"{server}: {refusal}\n")
    return 1


def secret(name: str, default: str = "") -> str:
    """The variable NAME, or the content of the file that NAME_FILE names, as images take their settings."""
    path = os.environ.get(f"{name}_FILE")
    if not path:
        return os.environ.get(name, default)
    try:
        with open(path, encoding="utf-8") as file:
            return file.read().rstrip("\n")
    except OSError as error:
        msg = f"{name}_FILE={path}: {error.strerror}"
        raise Refusal(msg) from error


def own(folder: str, uid: int, mode: int) -> None:
    """Make the folder if need be, and everything in it the user's, where that is for us to choose."""
    try:
        os.makedirs(folder, exist_ok=True)
        if os.geteuid() != 0:
            return
        if os.stat(folder).st_uid != uid:
            os.chown(folder, uid, uid)
            os.chmod(folder, mode)
            for where, folders, files, fd in os.fwalk(folder):
                del where
                for name in (*folders, *files):
                    os.chown(name, uid, uid, dir_fd=fd, follow_symlinks=False)
    except OSError as error:
        msg = f"{error.filename or folder}: {error.strerror}"
        raise Refusal(msg) from error


def change_user(uid: int) -> None:
    """Root becomes the user; whoever else runs this stays who they are."""
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(uid)
        os.setuid(uid)


def become(words: Sequence[str]) -> NoReturn:
    """Be the server, in this process."""
    os.execv(words[0], list(words))
