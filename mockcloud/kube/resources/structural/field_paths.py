"""Paths to a field within a schema, as rules name it: `.a.b`, `['a.b']`."""

import re
from typing import Final

from mockcloud.kube.json_types import JsonObject
from mockcloud.kube.resources.structural.schema import additional, child, key, properties

_STEP: Final = re.compile(r"\.(?P<name>[^.\[\]]+)|\['(?P<quoted>(?:[^'\\]|\\.)*)'\]")
_ESCAPES: Final = dict(zip("abfnrtv'\\", "\a\b\f\n\r\t\v'\\", strict=True))


def path_within(path: str, schema: JsonObject) -> str | None:
    """The path as causes have it, with a dot in front; None where the schema has no such field."""
    found, position, held = "", 0, schema
    while position < len(path):
        match = _STEP.match(path, position)
        if match is None:
            return None
        position = match.end()
        name = match["name"]
        if name is None:
            name = re.sub(r"\\(.)", lambda escape: _ESCAPES.get(escape[1], escape[0]), match["quoted"])
        known, further = properties(held), additional(held)
        if known:
            if name not in known:
                return None
            found, held = child(found, name), known[name]
        elif further is not None:
            found, held = key(found, name), further
        else:
            return None
    return found if not found or found.startswith("[") else f".{found}"
