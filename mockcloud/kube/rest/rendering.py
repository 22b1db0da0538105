"""From stored objects to what the client asked for: the plain object, metadata only, or rows of a Table."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import orjson

from mockcloud.kube.json_types import JsonObject
from mockcloud.kube.resources.kind import Kind
from mockcloud.kube.rest.converting import together
from mockcloud.kube.rest.negotiation import Form, Wanted
from mockcloud.kube.storage.store import Stored


@dataclass(frozen=True, slots=True)
class Rendering:
    """How one request wants its objects; `include` says what a Table row carries of its object."""

    kind: Kind
    wanted: Wanted
    include: str = "Metadata"

    def view(self, obj: JsonObject) -> JsonObject:
        """The object as this group version shows it."""
        return self.kind.from_stored(obj)

    def _printed(self, obj: JsonObject) -> JsonObject:
        """The object that columns are made of: some kinds are printed as they are stored."""
        return self.view(obj) if self.kind.written_as is self.kind else obj

    def one(self, stored: Stored, now: float) -> bytes:
        """The JSON text of one object."""
        match self.wanted.form:
            case Form.TABLE:
                return orjson.dumps(self._table([stored], {"resourceVersion": str(stored.version)}, now))
            case Form.METADATA:
                return orjson.dumps(self._metadata_of(stored.shown))
            case _ if self.wanted.bare and not self.kind.stored_as:
                return stored.plain
            case _ if self.kind.stored_as:
                return orjson.dumps(self.view(stored.shown))
            case _:
                return stored.encoded

    def row_event(self, stored: Stored, now: float, *, first: bool) -> bytes:
        """The JSON text of a watch event's object; the columns are named in the first one only."""
        if self.wanted.form is not Form.TABLE:
            return self.one(stored, now)
        shown = self._table([stored], {"resourceVersion": str(stored.version)}, now)
        if not first:
            shown["columnDefinitions"] = None
        return orjson.dumps(shown)

    def many(self, items: Sequence[Stored], metadata: JsonObject, now: float) -> bytes:
        """The JSON text of a list."""
        if self.wanted.form is Form.TABLE:
            return orjson.dumps(self._table(items, metadata, now))
        kind, group_version = self.kind.list_kind, self.kind.group_version
        if self.kind.schema is not None:
            metadata = {"continue": "", **metadata}
        if self.wanted.form is Form.METADATA:
            kind, group_version = "PartialObjectMetadataList", f"meta.k8s.io/{self.wanted.version}"
        elif self.kind.asks:
            together(partial(self.view, each.shown) for each in items)
        head = orjson.dumps({"kind": kind, "apiVersion": group_version, "metadata": metadata})
        return b'%s,"items":[%s]}' % (head[:-1], b",".join(self._item(item, now) for item in items))

    def _item(self, stored: Stored, now: float) -> bytes:
        """The JSON text of one object of a list, which says for built-in kinds what its objects are."""
        text = self.one(stored, now)
        if self.wanted.form is Form.METADATA or self.kind.schema is not None:
            return text
        said = b'{"apiVersion":"%s","kind":"%s",' % (
            self.kind.group_version.encode(),
            self.kind.kind.encode(),
        )
        return b"{" + text.removeprefix(said) if text.startswith(said) else text

    def bookmark(self, version: int, *, initial_end: bool = False) -> bytes:
        """The JSON text of a bookmark's object: the version, and whether the first state is complete."""
        metadata: JsonObject = {"resourceVersion": str(version), "creationTimestamp": None}
        if initial_end:
            metadata["annotations"] = {"k8s.io/initial-events-end": "true"}
        if self.wanted.form is Form.TABLE:
            return orjson.dumps({**self._table([], metadata, 0.0), "columnDefinitions": None})
        kind, group_version = self.kind.kind, self.kind.group_version
        if self.wanted.form is Form.METADATA:
            kind, group_version = "PartialObjectMetadata", f"meta.k8s.io/{self.wanted.version}"
        return orjson.dumps({"kind": kind, "apiVersion": group_version, "metadata": metadata})

    def _metadata_of(self, obj: JsonObject) -> JsonObject:
        return {
            "kind": "PartialObjectMetadata",
            "apiVersion": f"meta.k8s.io/{self.wanted.version}",
            "metadata": obj["metadata"],
        }

    def _table(self, items: Sequence[Stored], metadata: JsonObject, now: float) -> JsonObject:
        rows: list[JsonObject] = []
        if self.kind.asks:
            together(partial(self.view, each.object) for each in items)
        for item in items:
            row: JsonObject = {"cells": self.kind.printer.row(self._printed(item.object), now)}
            if self.include == "Object":
                row["object"] = self.view(item.shown)
            else:
                row["object"] = None if self.include == "None" else self._metadata_of(item.shown)
            rows.append(row)
        return {
            "kind": "Table",
            "apiVersion": f"meta.k8s.io/{self.wanted.version}",
            "metadata": metadata,
            "columnDefinitions": self.kind.printer.definitions(),
            "rows": rows,
        }
