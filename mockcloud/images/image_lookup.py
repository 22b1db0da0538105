"""Finds the catalogue entry of an image: in the user's file, then in the one that comes with mockcloud."""

from pathlib import Path
from typing import Final

import yaml

import mockcloud.images
from mockcloud.images.catalogue import CatalogueError, Entry, find, parse, unknown_image

BUILT_IN: Final = Path(mockcloud.images.__path__[0], "catalogue.yaml")


class UnknownImage(Exception):
    """No catalogue entry knows the image."""


class Catalogue:
    """The user's entries, then the built-in ones; read anew for an unknown image, it may be new."""

    def __init__(self, extra: Path | None) -> None:
        """CatalogueError where a file cannot be used."""
        self._extra = extra
        self._entries = self._read()

    def find(self, image: str) -> Entry:
        """The image's entry; UnknownImage, with advice, where there is none."""
        entry = find(image, self._entries)
        if entry is None:
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
        return tuple(entry for path in (self._extra, BUILT_IN) if path for entry in _read(path))


def _read(path: Path) -> tuple[Entry, ...]:
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, RecursionError, yaml.YAMLError) as error:
        msg = f"{path}: {error}"
        raise CatalogueError(msg) from error
    return parse(document, str(path))
