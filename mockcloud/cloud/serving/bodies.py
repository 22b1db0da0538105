"""JSON in and out."""

from __future__ import annotations

from typing import Any

import orjson
from aiohttp import web


class BodyError(Exception):
    """A body is not what was expected; the message says how."""


def json_body(raw: bytes) -> dict[str, Any]:
    """An object; {} where there is nothing. BodyError."""
    if not raw:
        return {}
    try:
        found = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        msg = f"invalid JSON in the request: {error}"
        raise BodyError(msg) from error
    if not isinstance(found, dict):
        msg = "expected an object"
        raise BodyError(msg)
    return found


def json_response(
    status: int, body: dict[str, Any] | bytes | None, headers: dict[str, str] | None = None
) -> web.Response:
    """None: nothing but the status. Bytes are JSON already."""
    if body is None:
        return web.Response(status=status, headers=headers)
    text = body if isinstance(body, bytes) else orjson.dumps(body)
    return web.Response(status=status, body=text, content_type="application/json", headers=headers)
