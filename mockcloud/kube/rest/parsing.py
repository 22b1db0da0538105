"""From request bytes to JSON values: JSON, YAML or protobuf, bounded in size, depth and the time it takes.

JSON and protobuf are parsed at once (3 MiB take tens of milliseconds). YAML takes a hundred times longer, so
it is read in a thread, one body at a time, and may be small only: kubectl and the libraries send JSON.
"""

import asyncio
from typing import Any, Final

import orjson

from mockcloud.kube.patch.nesting import MAX_DEPTH, deeper_than
from mockcloud.kube.rest.negotiation import JSON, PROTOBUF, YAML
from mockcloud.kube.rest.repeated import repeated_in_json, repeated_in_yaml
from mockcloud.kube.writes.refusals import bad_request, too_large, unsupported_media

APPLY: Final = "application/apply-patch+yaml"

BODY_LIMIT: Final = 3 << 20
"""Bytes of a request's body (kube-apiserver's MaxRequestBodyBytes)."""
YAML_LIMIT: Final = 128 << 10
YAML_NODES: Final = 100_000
"""Values in a YAML body, counted with what its aliases repeat: ten lines can stand for 10^9 of them."""

_one_at_a_time = asyncio.Semaphore(1)


def medium_of(content_type: str) -> str:
    """The media type without parameters; clients that name none send JSON."""
    return content_type.partition(";")[0].strip().lower() or JSON


async def parsed(
    content: bytes,
    content_type: str,
    accepted: tuple[str, ...] = (JSON, YAML, PROTOBUF),
    repeated: list[str] | None = None,
) -> Any:  # noqa: ANN401 (any JSON)
    """The body as JSON values; 400 where it is malformed, 413 where it is too large, 415 for another type.

    `repeated`, where somebody wants to know, gets what the body says twice.
    """
    medium = medium_of(content_type)
    if medium not in accepted:
        raise unsupported_media(accepted)
    in_yaml: list[str] = []
    if medium == APPLY and _is_json(content):
        value = _from_json(content)
    elif medium in (YAML, APPLY):
        value, in_yaml = await _from_yaml(content)
    else:
        value = _from_protobuf(content) if medium == PROTOBUF else _from_json(content)
    if deeper_than(value, MAX_DEPTH):
        msg = (
            f"couldn't get version/kind; the body is nested too deeply: at most {MAX_DEPTH} levels are taken"
        )
        raise bad_request(msg)
    if repeated is not None and medium != PROTOBUF:
        repeated += in_yaml or (repeated_in_json(content, value) if _is_json(content) else ())
    return value


def _is_json(content: bytes) -> bool:
    """Whether a body is an object in JSON, as programs send it: YAML takes a hundred times longer."""
    return content.lstrip()[:1] == b"{"


def _from_json(content: bytes) -> object:
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError as exc:
        msg = f"couldn't get version/kind; json parse error: {exc}"
        raise bad_request(msg) from exc


def _from_protobuf(content: bytes) -> object:
    from mockcloud.kube.protobuf.decode import decode  # only kubectl's typed commands send it
    from mockcloud.kube.protobuf.wire import WireError

    try:
        return decode(content)
    except (WireError, UnicodeDecodeError, orjson.JSONDecodeError) as exc:
        msg = f"couldn't get version/kind; protobuf parse error: {exc}"
        raise bad_request(msg) from exc


async def _from_yaml(content: bytes) -> tuple[object, list[str]]:
    if len(content) > YAML_LIMIT:
        why = f"limit is {YAML_LIMIT} for a body of YAML; larger ones are taken as JSON"
        raise too_large(why)
    async with _one_at_a_time:
        return await asyncio.to_thread(_yaml_values, content)


def _yaml_values(content: bytes) -> tuple[object, list[str]]:
    """As JSON has it: keys become strings, dates their text; and what is said twice."""
    import yaml  # rarely needed

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        _require_small(yaml.parse(content, loader))
        reader = loader(content)
        try:
            node = reader.get_single_node()
            repeated = [] if node is None else repeated_in_yaml(node)
            value = None if node is None else reader.construct_document(node)
        finally:
            reader.dispose()
        return orjson.loads(orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS)), repeated
    except (yaml.YAMLError, UnicodeDecodeError, ValueError, TypeError) as exc:
        msg = f"couldn't get version/kind; yaml parse error: {exc}"
        raise bad_request(msg) from exc


def _require_small(events: Any) -> None:  # noqa: ANN401 (pyyaml has no types)
    """Refuse, before anything is built, what is deep or repeats itself without measure (ValueError)."""
    import yaml

    sizes: dict[str, int] = {}
    open_nodes: list[tuple[str | None, int]] = [(None, 0)]
    for event in events:
        size = 0
        match event:
            case yaml.CollectionStartEvent():
                open_nodes.append((event.anchor, 1))
            case yaml.CollectionEndEvent():
                anchor, size = open_nodes.pop()
                sizes |= {anchor: size} if anchor else {}
            case yaml.ScalarEvent():
                size = 1
                sizes |= {event.anchor: 1} if event.anchor else {}
            case yaml.AliasEvent():
                size = sizes.get(str(event.anchor), YAML_NODES + 1)  # unknown as yet: it stands within itself
        anchor, inner = open_nodes[-1]
        open_nodes[-1] = (anchor, inner + size)
        if len(open_nodes) > MAX_DEPTH + 1:
            msg = f"nested too deeply: at most {MAX_DEPTH} levels are taken"
            raise ValueError(msg)
        if inner + size > YAML_NODES:
            msg = f"more than {YAML_NODES} values, or aliases that repeat without measure"
            raise ValueError(msg)
