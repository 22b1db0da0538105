"""A volume's files, from the objects they come from. Pure; messages are kubelet's."""

import base64
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mockcloud.node.pods.downward.fields import PodFields, UnknownField
from mockcloud.node.pods.files.sources import Downward, Files, Item, Keys, Kind, Source, Token

Object = Mapping[str, Any]
Find = Callable[[Kind, str], Object | None]


class NoVolume(Exception):
    """The volume cannot be made; the message is the end of kubelet's."""


@dataclass(frozen=True, slots=True)
class File:
    """One file of a volume."""

    content: bytes
    mode: int


@dataclass(frozen=True, slots=True)
class Origins:
    """Where volumes' files come from; `find` knows the objects of the pod's namespace."""

    find: Find
    fields: PodFields
    tokens: Callable[[Token], str] = lambda _wanted: ""  # NoVolume where there is none yet


def volume_files(volume: Files, origins: Origins) -> dict[str, File]:
    """The files by their path; NoVolume where something is missing that is not optional."""
    found: dict[str, File] = {}
    for source in volume.sources:
        for path, content, mode in _contents(source, origins):
            parts = path.split("/")
            if not path.strip("./") or path.startswith("/") or ".." in parts:
                msg = f"invalid path {path!r}: expected a relative path without '..'"
                raise NoVolume(msg)
            found[path] = File(content, volume.mode if mode is None else mode)
    return found


def data_of(obj: Object, kind: Kind) -> dict[str, bytes]:
    """A ConfigMap's or a Secret's keys."""
    binary = obj.get("data" if kind is Kind.SECRET else "binaryData") or {}
    text = {} if kind is Kind.SECRET else obj.get("data") or {}
    return {
        **{key: value.encode() for key, value in text.items()},
        **{key: base64.b64decode(value) for key, value in binary.items()},
    }


def not_found(kind: Kind, name: str) -> str:
    """What the API says of an object that is not there."""
    return f'{kind.lower()} "{name}" not found'


def _contents(source: Source, origins: Origins) -> Iterator[tuple[str, bytes, int | None]]:
    match source:
        case Keys():
            yield from _keys(source, origins.find(source.kind, source.name))
        case Downward():
            try:
                text = origins.fields.for_file(source.field, source.container, source.divisor)
            except UnknownField as error:
                raise NoVolume(str(error)) from error
            yield source.path, text.encode(), source.mode
        case Token():
            yield source.path, origins.tokens(source).encode(), None


def _keys(source: Keys, obj: Object | None) -> Iterator[tuple[str, bytes, int | None]]:
    if obj is None:
        if source.optional:
            return
        raise NoVolume(not_found(source.kind, source.name))
    data = data_of(obj, source.kind)
    for item in source.items or [Item(key, key) for key in data]:
        if item.key in data:
            yield item.path, data[item.key], item.mode
        elif not source.optional:
            what = "config" if source.kind is Kind.CONFIG_MAP else "secret"
            owner = f"{source.kind.lower()} " if source.kind is Kind.CONFIG_MAP else ""
            msg = f"{owner}references non-existent {what} key: {item.key}"
            raise NoVolume(msg)
