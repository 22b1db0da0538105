"""HTTP answers: JSON (or YAML, when asked), Status objects for failures, warnings as headers."""

from collections.abc import Sequence
from typing import Final
from unicodedata import category

import orjson
from aiohttp import web

from mockcloud.kube.json_types import JsonObject
from mockcloud.kube.writes.refusals import Refusal

JSON: Final = "application/json"
_YES: Final = ("1", "t", "T", "true", "TRUE", "True")
_BY_HAND: Final = ("curl", "Wget", "Mozilla/5.0")


def encoded(content: bytes, status: int = 200) -> web.Response:
    """An answer of JSON text."""
    return web.Response(body=content + b"\n", status=status, content_type=JSON)


def warn(response: web.StreamResponse, warnings: Sequence[str]) -> None:
    """Add what the client is told beside the answer; as upstream, nothing of what has a control character.

    Such a one cannot stand in a header: an answer with it could not be sent, though the write was done.
    """
    for warning in warnings:
        if any(category(each) == "Cc" for each in warning):
            continue
        escaped = warning.replace("\\", "\\\\").replace('"', '\\"')
        response.headers.add("Warning", f'299 - "{escaped}"')


def json(body: JsonObject, status: int = 200) -> web.Response:
    """An answer of one object."""
    return encoded(orjson.dumps(body), status)


def refused(refusal: Refusal) -> web.Response:
    """The answer to a request that is not carried out."""
    response = json(refusal.status(), refusal.code)
    delay = (refusal.details or {}).get("retryAfterSeconds")
    if delay:
        response.headers["Retry-After"] = str(delay)
    if refusal.code == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="kubernetes"'
    return response


def plain(text: str, status: int = 200) -> web.Response:
    """An answer of text."""
    return web.Response(text=text, status=status)


def wants_pretty(request: web.BaseRequest) -> bool:
    """Whether a person reads it: `?pretty`, else programs that people use."""
    asked = request.query.get("pretty", "")
    return asked in _YES if asked else request.headers.get("User-Agent", "").startswith(_BY_HAND)


def pretty(response: web.Response) -> web.Response:
    """The same answer, indented."""
    if isinstance(response.body, bytes) and response.content_type == JSON:
        response.body = orjson.dumps(orjson.loads(response.body), option=orjson.OPT_INDENT_2)
    return response


def as_yaml(response: web.Response) -> web.Response:
    """The same answer in YAML."""
    import yaml  # rarely asked for

    body = response.body
    if isinstance(body, bytes):
        response.body = yaml.safe_dump(orjson.loads(body), sort_keys=False).encode()
        response.content_type = "application/yaml"
    return response
