"""Finds the catalogue entry of an image: in the lab's own, the user's file, or what comes with mockcloud."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import yaml

import mockcloud.images
from mockcloud.images.catalogue import CatalogueError, Entry, find, parse, unknown_image

BUILT_IN: Final = Path(mockcloud.images.__path__[0], "catalogue.yaml")


class UnknownImage(Exception):
    """No catalogue entry knows the image."""


@dataclass(frozen=True, slots=True)
class Source:
    """A file of entries, and what people know it by."""

    path: Path
    name: str


class Catalogue:
    """The lab's own entries, the user's, then the built-in ones.

    The lab's own (`mockcloud image add`, which may not have been typed yet) count from the moment that their
    file is replaced; all are read anew for an unknown image, which may be new.
    """

    def __init__(self, extra: Path | None, own: Path | None = None) -> None:
        """CatalogueError where a file cannot be used."""
        self._extra = extra
        self._own = own
        self._seen = _version(own)
        self._entries = self._read()

    def find(self, image: str) -> Entry:
        """The image's entry; UnknownImage, with advice, where there is none."""
        entry = None if _version(self._own) != self._seen else find(image, self._entries)
        if entry is None:
            self._seen = _version(self._own)
            try:
                self._entries = self._read()
            except CatalogueError as error:
                raise UnknownImage(str(error)) from error
            entry = find(image, self._entries)
        if entry is None:
            where = (
                f"{self._extra} or {BUILT_IN}"
                if self._extra
                else f"{BUILT_IN}, or a file given by --catalogue"
            )
            raise UnknownImage(unknown_image(image, where))
        return entry

    def _read(self) -> tuple[Entry, ...]:
        return tuple(entry for source in sources(self._own, self._extra) for entry in read(source.path))


def sources(own: Path | None, extra: Path | None) -> tuple[Source, ...]:
    """In the order in which they are looked at; the lab's own only where something was added."""
    found = [Source(BUILT_IN, "built in")]
    if extra is not None:
        found.insert(0, Source(extra, str(extra)))
    if own is not None and own.exists():
        found.insert(0, Source(own, "this lab"))
    return tuple(found)


def read(path: Path) -> tuple[Entry, ...]:
    """A file's entries; CatalogueError, which names it."""
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, RecursionError, yaml.YAMLError) as error:
        msg = f"{path}: {error}"
        raise CatalogueError(msg) from error
    return parse(document, str(path))


def _version(path: Path | None) -> tuple[int, int]:
    """Another one once the file was replaced; (0, 0) where there is none."""
    if path is None:
        return 0, 0
    try:
        found = path.stat()
    except OSError:
        return 0, 0
    return found.st_ino, found.st_mtime_ns
