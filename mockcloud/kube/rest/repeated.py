"""Fields that a body states twice: parsers keep the last one in silence, `fieldValidation` tells of them."""

import json
from collections.abc import Iterator
from typing import Any

import orjson


class _Repeating(dict[str, object]):
    """An object of whose fields some come more than once."""

    repeated: tuple[str, ...] = ()


def repeated_in_json(content: bytes, value: object) -> list[str]:
    """Every `duplicate field "spec.replicas"` of a body; `value` is what it was parsed as."""
    if orjson.dumps(value) == content.strip():
        return []  # nothing was left out: so programs write, and it takes a tenth of the time
    return list(_repeated(json.loads(content, object_pairs_hook=_object), ""))


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    marked, seen, twice = _Repeating(found), set[str](), dict[str, None]()
    for name, _ in pairs:
        if name in seen:
            twice[name] = None
        seen.add(name)
    marked.repeated = tuple(twice)
    return marked


def _repeated(value: object, path: str) -> Iterator[str]:
    if isinstance(value, dict):
        prefix = f"{path}." if path else ""
        if isinstance(value, _Repeating):
            yield from (f'duplicate field "{prefix}{name}"' for name in value.repeated)
        for name, inner in value.items():
            yield from _repeated(inner, f"{prefix}{name}")
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _repeated(inner, f"{path}[{number}]")


def repeated_in_yaml(node: Any) -> list[str]:  # noqa: ANN401 (pyyaml has no types)
    """What go-yaml says of keys that a document has twice, in one text; [] where there are none."""
    lines: dict[str, None] = {}
    waiting, seen = [node], set[int]()
    while waiting:
        each = waiting.pop()
        if id(each) in seen or not isinstance(each.value, list):
            continue
        seen.add(id(each))  # what an alias repeats is looked at once
        keys = set[tuple[str, str]]()
        for inner in each.value:
            if not isinstance(inner, tuple):
                waiting.append(inner)
                continue
            key, held = inner
            waiting.append(held)
            if isinstance(key.value, str) and (key.tag, key.value) in keys:
                lines[f"line {key.start_mark.line + 1}: key {json.dumps(key.value)} already set in map"] = (
                    None
                )
            elif isinstance(key.value, str):
                keys.add((key.tag, key.value))
    return ["yaml: unmarshal errors:\n  " + "\n  ".join(lines)] if lines else []
