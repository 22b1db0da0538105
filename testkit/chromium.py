"""A real Chromium without a window, driven by its DevTools protocol.

Facts: https://chromedevtools.github.io/devtools-protocol/
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import itertools
import json
import os
import shutil
from typing import TYPE_CHECKING, Any, Final, Self

import aiohttp

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

_SECONDS: Final = 90.0
_OPTIONS: Final = (
    "--headless=new",
    "--no-sandbox",  # it wants user namespaces of its own, and is shown our own page only
    "--remote-debugging-port=0",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
# Resolves once the expression is true: it is asked again whenever anything in the document changes.
_UNTIL: Final = """new Promise((resolve) => {
  const look = () => { if (%s) { watch.disconnect(); resolve(true); } };
  const watch = new MutationObserver(look);
  watch.observe(document, {subtree: true, childList: true, attributes: true, characterData: true});
  look();
})"""


def chromium_path() -> str | None:
    """The browser of this machine; None where there is none."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


class BrowserTab:
    """One page. Methods raise RuntimeError where the browser refuses, TimeoutError where it is silent."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.problems: list[str] = []
        """Errors, also of the Content-Security-Policy, as the browser's console has them."""
        self._socket = socket
        self._numbers = itertools.count(1)
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.get_running_loop().create_task(self._listen(), name="browser")
        for each in ("Page.enable", "Runtime.enable", "Log.enable"):
            await self.call(each)
        return self

    async def __aexit__(self, *_exc: object) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def call(self, method: str, **parameters: object) -> dict[str, Any]:
        """What the browser answers to a command of the protocol."""
        number = next(self._numbers)
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        await self._socket.send_json({"id": number, "method": method, "params": parameters})
        async with asyncio.timeout(_SECONDS):
            told = await answer
        if "error" in told:
            msg = f"{method}: {told['error']}"
            raise RuntimeError(msg)
        found: dict[str, Any] = told["result"]
        return found

    async def run(self, script: str) -> Any:  # noqa: ANN401 - whatever JavaScript has
        """The value of a script, awaited where it is a promise."""
        told = await self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in told:
            msg = f"{script}: {told['exceptionDetails']}"
            raise RuntimeError(msg)
        return told["result"].get("value")

    async def until(self, condition: str) -> None:
        """Until the expression is true; TimeoutError, with what the page says."""
        try:
            await self.run(_UNTIL % condition)
        except TimeoutError:
            text = await self.run("document.body.innerText")
            msg = f"not so on the page: {condition}\n{text}\n{self.problems}"
            raise TimeoutError(msg) from None

    async def look(self, *, width: int = 1280, height: int = 900, dark: bool = False) -> None:
        """Show the page in a window of that size, to somebody who likes it dark or light."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        await self.call("Emulation.setDeviceMetricsOverride", **size)
        wish = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        await self.call("Emulation.setEmulatedMedia", features=wish)

    async def press(self, key: str, code: int, text: str = "") -> None:
        """One key, as `KeyboardEvent.key` and its Windows virtual key code; `text` is what it types."""
        for kind in ("keyDown", "keyUp"):
            said = {"text": text} if text and kind == "keyDown" else {}
            await self.call("Input.dispatchKeyEvent", type=kind, key=key, windowsVirtualKeyCode=code, **said)

    async def picture(self, path: Path) -> None:
        """The whole page as a PNG."""
        told = await self.call("Page.captureScreenshot", format="png", captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(told["data"]))

    async def _listen(self) -> None:
        async for message in self._socket:
            told = json.loads(message.data)
            answer = self._answers.pop(told.get("id"), None)
            if answer is not None and not answer.done():
                answer.set_result(told)
            match told.get("method"):
                case "Runtime.exceptionThrown":
                    self.problems.append(str(told["params"]["exceptionDetails"]))
                case "Log.entryAdded" if told["params"]["entry"]["level"] == "error":
                    self.problems.append(str(told["params"]["entry"]["text"]))


@contextlib.asynccontextmanager
async def browser_tab(folder: Path) -> AsyncIterator[BrowserTab]:
    """A browser of its own with one empty tab; what it writes goes into the folder. None stays behind."""
    path = chromium_path()
    assert path is not None, "ask chromium_path() first"
    options = [*_OPTIONS, f"--user-data-dir={folder}"]
    environment = {**os.environ, "HOME": str(folder)}
    with (folder / "chromium.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            path, *options, "about:blank", stdout=log, stderr=log, env=environment, start_new_session=True
        )
    try:
        port = await _port(folder, process)
        async with aiohttp.ClientSession() as session:
            async with session.get(f"http://127.0.0.1:{port}/json") as answer:
                tabs = await answer.json()
            where = next(each for each in tabs if each["type"] == "page")["webSocketDebuggerUrl"]
            async with session.ws_connect(where, max_msg_size=0) as socket, BrowserTab(socket) as tab:
                yield tab
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, 9)
        await process.wait()


async def _port(folder: Path, process: asyncio.subprocess.Process) -> int:
    """Where it listens, as it writes once it does."""
    async with asyncio.timeout(_SECONDS):
        while process.returncode is None:
            with contextlib.suppress(FileNotFoundError):
                lines = (folder / "DevToolsActivePort").read_text().splitlines()
                if len(lines) > 1:
                    return int(lines[0])
            await asyncio.sleep(0.05)
    msg = f"chromium ended: {(folder / 'chromium.log').read_text(errors='replace')[-2000:]}"
    raise RuntimeError(msg)
