"""URLs: absolute ones, or absolute paths."""

import re
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import SplitResult, parse_qs, quote, urlsplit

from mockcloud.kube.resources.cel.declarations import Row
from mockcloud.kube.resources.cel.errors import EvaluationError

_SCHEME: Final = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:")
_BAD: Final = re.compile(r"[\x00-\x20\x7f]|%(?![0-9a-fA-F]{2})")


@dataclass(frozen=True, slots=True)
class Url:
    """A parsed URL."""

    parts: SplitResult
    cel_type: str = field(default="kubernetes.URL", compare=False)


def _parsed(text: str) -> Url:
    why = ""
    if not (text.startswith("/") or _SCHEME.match(text)):
        why = "invalid URI for request"
    elif _BAD.search(text.partition("?")[0]):
        why = "invalid character or URL escape"
    else:
        try:
            parts = urlsplit(text)
            _ = parts.port
        except ValueError as exc:
            why = str(exc)
    if why:
        msg = f'URL parse error during conversion from string: parse "{text}": {why}'
        raise EvaluationError(msg)
    return Url(parts)


def is_url(text: str) -> bool:
    """Whether the text is one."""
    try:
        _parsed(text)
    except EvaluationError:
        return False
    return True


def _host(url: Url) -> str:
    return url.parts.netloc.rpartition("@")[2]


def _hostname(url: Url) -> str:
    host = _host(url)
    return host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]


def _port(url: Url) -> str:
    return "" if url.parts.port is None else str(url.parts.port)


def _path(url: Url) -> str:
    return quote(url.parts.path, safe="/%$&+,:;=@!'()*~")


def _query(url: Url) -> dict[str, list[str]]:
    return parse_qs(url.parts.query, keep_blank_values=True)


ROWS: Final[tuple[Row, ...]] = (
    ("url(string) -> URL", _parsed),
    ("isURL(string) -> bool", is_url),
    ("URL :: getScheme() -> string", lambda url: url.parts.scheme),
    ("URL :: getHost() -> string", _host),
    ("URL :: getHostname() -> string", _hostname),
    ("URL :: getPort() -> string", _port),
    ("URL :: getEscapedPath() -> string", _path),
    ("URL :: getQuery() -> map<string,list<string>>", _query),
)
