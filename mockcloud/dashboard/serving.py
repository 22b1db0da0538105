"""The page's server: files, a stream of pictures (server-sent events), and faults to be put on and taken off.

It listens on loopback, where every user of the machine may connect, and so may pages of others in the same
browser: each path begins with a secret, requests must name this host (a name of somebody else's that was made
to lead here does not), and what changes something must come from the page itself.
"""

from __future__ import annotations

import contextlib
import hmac
import json
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web

from mockcloud.dashboard.decide import asked
from mockcloud.dashboard.tracing import traced
from mockcloud.faults import store
from mockcloud.lab.errors import LabError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from mockcloud.dashboard.follow import Picture
    from mockcloud.dashboard.probing import Prober
    from mockcloud.lab.state import LabFolder

PLACE: Final = "127.0.0.1"
# By any port: `ssh -L` may lead here.
_OWN_NAME: Final = re.compile(r"(127\.0\.0\.1|localhost)(:[0-9]{1,5})?", re.ASCII)
_PAGE: Final = Path(__file__).parent / "page"
_FILES: Final = {
    "": ("index.html", "text/html"),
    "dashboard.css": ("dashboard.css", "text/css"),
    "dashboard.js": ("dashboard.js", "text/javascript"),
    "icon.svg": ("icon.svg", "image/svg+xml"),
}
_ALIVE_SECONDS: Final = 15.0
_LONGEST_BODY: Final = 65536
HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


@dataclass(frozen=True, slots=True)
class Page:
    """One lab's page. `token` is the first part of each path."""

    folder: LabFolder
    picture: Picture
    prober: Prober
    token: str

    def application(self) -> web.Application:
        """What serves it."""
        made = web.Application(middlewares=[self._guard], client_max_size=_LONGEST_BODY)
        made.add_routes(
            [
                web.get("/{token}/live", self._live),
                web.post("/{token}/faults", self._break),
                web.post("/{token}/kill", self._kill),
                web.post("/{token}/probe", self._probe),
                web.delete("/{token}/probe", self._stop_probing),
                web.post("/{token}/trace", self._trace),
                web.delete("/{token}/faults", self._mend),
                web.delete("/{token}/faults/{number:[0-9]{1,9}}", self._mend),
                web.get("/{token}/{file:.*}", self._file),
            ]
        )
        return made

    @web.middleware
    async def _guard(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        try:
            self._check(request)
            answer = await handler(request)
        except web.HTTPException as exc:
            answer = _said(exc.status, exc.text or exc.reason)
        except (asked.NotAsked, LabError) as exc:
            answer = _said(400, str(exc))
        if not answer.prepared:
            answer.headers.update(HEADERS)
        return answer

    def _check(self, request: web.Request) -> None:
        """web.HTTPException where the request is not the page's, or not its owner's."""
        if _OWN_NAME.fullmatch(request.host) is None:
            raise web.HTTPMisdirectedRequest(text=f"{request.host} is not the name of this page")
        token = request.match_info.get("token", "")
        if not hmac.compare_digest(token.encode(), self.token.encode()):
            raise web.HTTPNotFound(
                text="nothing is here: the address is the one that `mockcloud dashboard` printed"
            )
        if request.method in {"GET", "HEAD"}:
            return
        origin = request.headers.get("Origin")
        if origin is not None and origin != f"http://{request.host}":
            raise web.HTTPForbidden(text=f"a page of {origin} may not change this lab")

    async def _file(self, request: web.Request) -> web.StreamResponse:
        found = _FILES.get(request.match_info["file"])
        if found is None:
            raise web.HTTPNotFound(text="no such file")
        name, kind = found
        return web.Response(body=(_PAGE / name).read_bytes(), content_type=kind, charset="utf-8")

    async def _live(self, request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(headers={**HEADERS, "Content-Type": "text/event-stream"})
        with contextlib.suppress(ConnectionError), self.picture.reading() as reader:
            await answer.prepare(request)
            await answer.write(b"retry: 1000\n\n")
            while not self.picture.over:
                parts = await reader.changed(_ALIVE_SECONDS)
                told = b"".join(
                    b"event: %b\ndata: %b\n\n" % (part.encode(), self.picture.parts[part]) for part in parts
                )
                await answer.write(told or b": alive\n\n")
            await answer.write(b"event: over\ndata: {}\n\n")
        return answer

    async def _break(self, request: web.Request) -> web.StreamResponse:
        fault = asked.fault(await _body(request))
        with _in_words():
            made = store.put_on(self.folder, fault)
        self.picture.touch()
        return web.json_response({"id": made.number, "what": made.text}, status=201)

    async def _kill(self, request: web.Request) -> web.StreamResponse:
        daemon = asked.daemon(await _body(request))
        with _in_words():
            pid = store.kill(self.folder, daemon)
        return web.json_response({"what": f"{daemon} (process {pid}) is killed"})

    async def _trace(self, request: web.Request) -> web.StreamResponse:
        asked_for = asked.connection(await _body(request))
        return web.json_response(await traced(self.folder.name, asked_for))

    async def _probe(self, request: web.Request) -> web.StreamResponse:
        place = asked.place(await _body(request))
        with _in_words():
            await self.prober.start(place)
        return web.json_response({"what": f"connections to {place}"}, status=201)

    async def _stop_probing(self, _request: web.Request) -> web.StreamResponse:
        await self.prober.stop()
        return web.json_response({})

    async def _mend(self, request: web.Request) -> web.StreamResponse:
        number = request.match_info.get("number")
        with _in_words():
            healed = store.heal(self.folder, None if number is None else [int(number)])
        self.picture.touch()
        return web.json_response({"healed": [each.number for each in healed]})


@contextlib.contextmanager
def _in_words() -> Iterator[None]:
    """LabError in place of what a program of the machine makes of it (no nft, a process that has ended).

    It forks, which wants a program of one thread: what is done in here holds up the page for milliseconds.
    """
    try:
        yield
    except (OSError, subprocess.SubprocessError) as exc:
        raise LabError(str(exc)) from exc


async def _body(request: web.Request) -> Any:  # noqa: ANN401 - whatever was sent
    """The JSON that was sent; as such only, which a form of another page cannot send."""
    if request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType(text=f"{request.content_type}: expected application/json")
    try:
        return json.loads(await request.read())
    except (ValueError, RecursionError) as exc:  # no JSON, no Unicode, a number of more than 4300 digits
        msg = f"not JSON: {exc}"
        raise asked.NotAsked(msg) from exc


def _said(status: int, text: str) -> web.Response:
    return web.json_response({"error": text}, status=status)


async def serve(page: Page, port: int, ready: Callable[[str], None]) -> None:
    """Until cancelled, or until the lab ends; `ready` gets the page's URL. LabError where the port is taken.

    Port 0 is any.
    """
    runner = web.AppRunner(page.application(), access_log=None, handle_signals=False, shutdown_timeout=1.0)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, PLACE, port).start()
        except OSError as exc:
            why = os.strerror(exc.errno or 0)
            msg = f"cannot listen on {PLACE}, port {port}: {why}; choose another --port, or none"
            raise LabError(msg) from exc
        ready(f"http://{PLACE}:{runner.addresses[0][1]}/{page.token}/")
        await page.picture.follow()
    finally:
        await page.prober.stop()
        page.picture.end()
        await runner.cleanup()
