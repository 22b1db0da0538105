"""The images of one lab: `mockcloud image add`, `load`, `remove`, `list`.

DATA/images/ of a lab has `catalogue.yaml`, which its nodes look at first and from the moment it is replaced,
and a folder of files for each image that was loaded, named by its digest. All goes with the lab.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import shutil
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import yaml

from mockcloud.images.archives.archive import ArchiveError, opened
from mockcloud.images.archives.image_config import Account, ConfigError, catalogue_entry
from mockcloud.images.archives.unpacking import unpack
from mockcloud.images.catalogue import CatalogueError, Program, parse, repository, tag
from mockcloud.images.image_lookup import read, sources
from mockcloud.lab.enter import enter
from mockcloud.lab.errors import LabError, UsageError
from mockcloud.lab.forking import fork
from mockcloud.pod_ids import own_pod_ids

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mockcloud.images.archives.archive import ImageArchive
    from mockcloud.images.catalogue import Entry
    from mockcloud.lab.state import LabFolder, LabState

# What an image may be called in `add`: shell patterns, too; and in `load`, where it is one image.
PATTERN: Final = re.compile(r"[a-zA-Z0-9*?\[][a-zA-Z0-9._/:*?\[\]@-]*")
# Of github.com/distribution/reference: [HOST[:PORT]/]path/of/lower/case[:TAG].
_WORD: Final = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
NAME: Final = re.compile(
    rf"(?:[a-zA-Z0-9.-]+(?::[0-9]+)?/)?{_WORD}(?:/{_WORD})*(?::[a-zA-Z0-9_][a-zA-Z0-9_.-]{{0,127}})?"
)
NOT_BY_NAME: Final = frozenset({Program.LOCAL, Program.ROOTFS})
MOST_SAID: Final = 1 << 16


class Known(NamedTuple):
    """An image as `mockcloud image list` shows it."""

    image: str
    runs: str
    source: str


def add(lab: LabFolder, image: str, program: str, arguments: Sequence[str], ports: Sequence[int]) -> str:
    """Make the image that program, from now on: what it is then, in words. LabError, UsageError.

    `program` is one of the catalogue's, a name on PATH, or the path of a binary.
    """
    lab.read()
    if not PATTERN.fullmatch(image):
        msg = f"image {image!r}: expected a name such as shop, shop:v2 or registry.example/team/*"
        raise UsageError(msg)
    entry: dict[str, Any] = {"match": [image], "ports": list(ports)}
    if program in set(Program) - NOT_BY_NAME:
        if arguments:
            msg = f"image {image}: {program!r} is a program of the catalogue's, and takes no arguments here"
            raise UsageError(msg)
        entry["program"] = program
    else:
        binary = _binary(program)
        entry |= {"program": str(Program.LOCAL), "binary": [binary], "arguments": list(arguments)}
    _change(lab, [image], [entry])
    return _runs(parse({"images": [entry]}, "")[0])


def load(lab: LabFolder, path: Path, names: Sequence[str], entrypoint: Sequence[str]) -> list[str]:
    """Unpack an archive's images, or a folder's files, as images of the lab: their names. LabError."""
    state = lab.read()
    for name in names:
        if not NAME.fullmatch(name) or not repository(name):
            msg = f"image {name!r}: expected a name such as shop, shop:v2 or registry.example/team/shop:v2"
            raise UsageError(msg)
    try:
        with opened(path, os.uname().machine) as images:
            named = [(_named(image, images, names), image) for image in images]
            for found, image in named:
                _load(lab, state, image, found, entrypoint)
    except (ArchiveError, ConfigError) as error:
        msg = f"{path}: {error}"
        raise LabError(msg) from error
    except OSError as error:
        hint = (
            ""
            if path.exists()
            else f" (an image of Docker's is saved first: docker save {path} -o image.tar)"
        )
        msg = f"{path} cannot be loaded: {error.strerror or error}{hint}"
        raise LabError(msg) from error
    return [name for found, _ in named for name in found]


def remove(lab: LabFolder, image: str) -> None:
    """Forget what was added or loaded as that image; LabError where nothing was.

    Its files stay until the lab goes down: pods that run may still need them.
    """
    lab.read()
    found = {name for entry in _own(lab) for name in entry["match"]}
    names = [name for name in (image, _exact(image)) if name in found]
    if not names:
        msg = f"nothing was added or loaded as image {image!r} in this lab"
        raise LabError(msg)
    _change(lab, names, [])


def listed(lab: LabFolder) -> list[Known]:
    """All that the lab's nodes know, in the order in which they look; where none is up, what each knows."""
    own, extra = (lab.own_catalogue, lab.read().catalogue) if lab.is_alive() else (None, "")
    try:
        return [
            Known(pattern, _runs(entry), source.name)
            for source in sources(own, Path(extra) if extra else None)
            for entry in read(source.path)
            for pattern in entry.patterns
        ]
    except CatalogueError as error:
        raise LabError(str(error)) from error


def _named(image: ImageArchive, images: Sequence[ImageArchive], names: Sequence[str]) -> list[str]:
    if names and len(images) > 1:
        msg = f"it has {len(images)} images: --as names the image of an archive that has one"
        raise ArchiveError(msg)
    found = [*(names or image.names)]
    if not found:
        msg = "it does not say how the image is called: name it by --as NAME"
        raise ArchiveError(msg)
    return [_exact(name) for name in found]


def _exact(name: str) -> str:
    """With a tag, as one image and no other is called."""
    return f"{repository(name)}:{tag(name)}"


def _load(
    lab: LabFolder, state: LabState, image: ImageArchive, names: list[str], entrypoint: Sequence[str]
) -> None:
    root = lab.data("images") / image.digest[:16]
    with _locked(lab):
        known = _unpacked(lab, state, image, root)
    entry = catalogue_entry(names, str(root / "root"), image.config, known)
    if entrypoint:
        entry |= {"entrypoint": list(entrypoint)}
        entry.pop("command", None)
    _change(lab, names, [entry])


def _unpacked(lab: LabFolder, state: LabState, image: ImageArchive, folder: Path) -> Account:
    """Its files into FOLDER/root by a process of the lab, and whom it runs as into FOLDER/account.json."""
    written = folder / "account.json"
    if written.exists():
        return Account(**json.loads(written.read_text()))
    shutil.rmtree(folder, ignore_errors=True)  # what one that was interrupted has left
    (folder / "root").mkdir(mode=0o755, parents=True)
    ours, theirs = socket.socketpair()
    child = fork(lambda: _unpack_in_the_lab(lab, state, image, folder / "root", theirs))
    theirs.close()
    said = b"".join(iter(lambda: ours.recv(MOST_SAID), b""))
    ours.close()
    os.waitpid(child, 0)
    answer = json.loads(said or '{"error": "the process that unpacked it was ended"}')
    if "error" in answer:
        shutil.rmtree(folder, ignore_errors=True)
        raise ArchiveError(answer["error"])
    fresh = folder / "account.json.new"
    fresh.write_text(json.dumps(answer))
    fresh.replace(written)
    return Account(**answer)


def _unpack_in_the_lab(
    lab: LabFolder, state: LabState, image: ImageArchive, root: Path, answer: socket.socket
) -> int:
    try:
        enter(state, {})
        ids = own_pod_ids(lab.data("claims"))
        found = unpack(image.layers, root, ids, image.config.user)
        said: dict[str, Any] = {"uid": found.uid, "gid": found.gid, "home": found.home}
    except (ArchiveError, ConfigError, LabError) as error:
        said = {"error": str(error)}
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        said = {"error": f"its files cannot be unpacked: {where}{error.strerror}"}
    answer.sendall(json.dumps(said).encode())
    return 0


def _binary(program: str) -> str:
    """What the catalogue has for it: a name on PATH as it is, else an absolute path; UsageError."""
    if "/" not in program:
        if shutil.which(program):
            return program
        expected = (
            f"a program on PATH, the path of one, or one of {', '.join(sorted(set(Program) - NOT_BY_NAME))}"
        )
        msg = f"{program!r}: expected {expected}"
        raise UsageError(msg)
    path = Path(program).absolute()
    if not (path.is_file() and os.access(path, os.X_OK)):
        msg = f"{program}: expected a file that can be executed"
        raise UsageError(msg)
    return str(path)


def _runs(entry: Entry) -> str:
    """What people are told that it is."""
    if entry.program is Program.LOCAL:
        return " ".join((" or ".join(entry.binary), *entry.arguments))
    if entry.program is Program.ROOTFS:
        return " ".join((*entry.entrypoint, *entry.command)) or "the container's command"
    return str(entry.program)


def _own(lab: LabFolder) -> list[dict[str, Any]]:
    try:
        document = yaml.safe_load(lab.own_catalogue.read_text())
    except FileNotFoundError:
        return []
    return list(document["images"])


def _change(lab: LabFolder, gone: Sequence[str], new: list[dict[str, Any]]) -> None:
    """Put the new entries before all others, and take those names out of the rest."""
    with _locked(lab):
        kept = [
            {**entry, "match": match}
            for entry in _own(lab)
            if (match := [name for name in entry["match"] if name not in gone])
        ]
        document = {"images": [*new, *kept]}
        parse(document, "the entry")
        fresh = lab.own_catalogue.with_suffix(".new")
        fresh.write_text(yaml.safe_dump(document, sort_keys=False))
        fresh.replace(lab.own_catalogue)


@contextlib.contextmanager
def _locked(lab: LabFolder) -> Iterator[None]:
    """One at a time, for two terminals."""
    lab.data("images").mkdir(mode=0o700, exist_ok=True)
    with (lab.data("images") / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
