"""`/logs/`: a node's log files by the paths that they have in a real node's /var/log, and lists of them.

Of a node's folder only pods' logs are shown: NAMESPACE_POD_UID/logs/CONTAINER/N.log there, and
/var/log/pods/NAMESPACE_POD_UID/CONTAINER/N.log on a real node.
"""

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Final
from urllib.parse import quote

from aiohttp import web

_ROOT: Final = "pods"
_DEEPEST: Final = 4  # pods, the pod, the container, the file


def serve(data: Path, path: str) -> web.StreamResponse:
    """A file, or a page with the names in a folder; 404 where there is none such."""
    parts = [part for part in path.split("/") if part]
    found = _place(data, parts)
    if found is not None and found.is_file() and len(parts) == _DEEPEST:
        return web.FileResponse(found)
    if not parts:
        return _page([f"{_ROOT}/"])
    if found is None or not found.is_dir():
        return web.Response(text="404 page not found\n", status=404)
    last = len(parts) == _DEEPEST - 1
    return _page(sorted(one.name if last else f"{one.name}/" for one in found.iterdir()))


def _place(data: Path, parts: Sequence[str]) -> Path | None:
    if not parts or parts[0] != _ROOT or len(parts) > _DEEPEST or {".", ".."} & set(parts):
        return None
    pod, *inside = parts[1:] or (None,)
    return data / _ROOT if pod is None else data.joinpath(_ROOT, pod, "logs", *inside)


def _page(names: Sequence[str]) -> web.Response:
    lines = "".join(f'<a href="{quote(name)}">{escape(name)}</a>\n' for name in names)
    page = f'<!doctype html>\n<meta name="viewport" content="width=device-width">\n<pre>\n{lines}</pre>\n'
    return web.Response(text=page, content_type="text/html")
