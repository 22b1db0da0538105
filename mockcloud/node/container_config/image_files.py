"""What an image has beside its server: files, folders, links, and its user's line in /etc/passwd."""

from functools import cache
from pathlib import Path
from typing import Final

import mockcloud.images
from mockcloud.images.servers import Server, User
from mockcloud.node.sandbox.view import Laid

FILES: Final = Path(mockcloud.images.__path__[0], "files")


def image_files(server: Server, uid: int) -> tuple[Laid, ...]:
    """For a container that runs as `uid` in its pod."""
    folders = (Laid(path) for path in server.folders)
    links = (Laid(path, link=target) for path, target in server.links)
    files = (Laid(path, content) for path, content in _files(server.files)) if server.files else ()
    return (*folders, *links, *files, *_names(server.user, uid))


def _names(user: User | None, uid: int) -> tuple[Laid, ...]:
    """The user's lines, in the place of those that the machine has for the name or the number."""
    if user is None:
        return ()
    number = uid or user.uid
    passwd = f"{user.name}:x:{number}:{number}:{user.name}:{user.home}:/bin/sh"
    lines = {"/etc/passwd": passwd, "/etc/group": f"{user.name}:x:{number}:"}
    return tuple(
        Laid(path, with_line(_read(path), line, user.name, number).encode()) for path, line in lines.items()
    )


def with_line(text: str, line: str, name: str, number: int) -> str:
    """A passwd(5) or group(5) file in which this line is all that it says of the name and the number."""
    kept = [
        one
        for one in text.splitlines()
        if len(fields := one.split(":")) < 3 or (fields[0] != name and fields[2] != str(number))
    ]
    return "".join(f"{one}\n" for one in (*kept, line))


@cache  # an image does not change while a lab is up
def _files(name: str) -> tuple[tuple[str, bytes], ...]:
    root = FILES / name  # where the name is a path, that
    found = sorted(path for path in root.rglob("*") if path.is_file())
    return tuple((f"/{path.relative_to(root)}", path.read_bytes()) for path in found)


def _read(path: str) -> str:
    try:
        return Path(path).read_text(errors="replace")
    except OSError:
        return ""
