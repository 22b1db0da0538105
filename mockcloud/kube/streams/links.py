"""A page that a proxy passes on: its links to the server's root become links below the proxy's path. Pure."""

import re
from typing import Final
from urllib.parse import urlsplit, urlunsplit

# The attributes of HTML that hold a URL.
_ATTRIBUTES: Final = (
    "action", "background", "cite", "classid", "codebase", "data", "formaction", "href", "icon", "longdesc",
    "manifest", "poster", "profile", "src", "usemap",
)  # fmt: skip
_TAG: Final = re.compile(r"<[a-zA-Z][^<>]*>")
_LINK: Final = re.compile(
    rf"""(\s(?:{"|".join(_ATTRIBUTES)})\s*=\s*)(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE
)


def moved(url: str, server: str, root: str) -> str:
    """A URL as a page of `server` (SCHEME://HOST:PORT) has it, as it is below the path `root`.

    Others' URLs, and those that are relative to the page, stay as they are.
    """
    parts = urlsplit(url)
    if parts.netloc and f"{parts.scheme or urlsplit(server).scheme}://{parts.netloc}" != server:
        return url
    if not parts.path.startswith("/") or parts.path.startswith(f"{root}/"):
        return url
    return urlunsplit(("", "", f"{root}{parts.path}", parts.query, parts.fragment))


def page(text: str, server: str, root: str) -> str:
    """The page with its links moved."""

    def link(found: re.Match[str]) -> str:
        url, quote = (found[2], '"') if found[2] is not None else (found[3], "'")
        return f"{found[1]}{quote}{moved(url, server, root)}{quote}"

    return _TAG.sub(lambda tag: _LINK.sub(link, tag[0]), text)
