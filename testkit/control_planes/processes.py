"""Child processes that are ended by their own handles, and the ports they listen on."""

import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path


class StartError(Exception):
    """A program did not come up; the text ends with the last lines of its log."""


@dataclass(slots=True)
class Processes:
    """Programs of one control plane; `stop()` ends the last started first."""

    logs: Path
    _running: list[tuple[str, subprocess.Popen[bytes]]] = field(default_factory=list)

    def start(self, name: str, command: Sequence[str | Path], **options: object) -> None:
        """Start a program; its output goes to a log of its name."""
        self.logs.mkdir(parents=True, exist_ok=True)
        with (self.logs / name).open("wb") as log:
            child = subprocess.Popen([str(part) for part in command], stdout=log, stderr=log, **options)  # type: ignore[call-overload]
        self._running.append((name, child))

    def wait(self, what: str, ready: Callable[[], bool], seconds: float = 60) -> None:
        """Wait until `ready()`; StartError where a program ended, or the time is over."""
        until = time.monotonic() + seconds
        while not ready():
            for name, child in self._running:
                if child.poll() is not None:
                    message = f"{name} ended with {child.returncode}:\n{self.tail(name)}"
                    raise StartError(message)
            if time.monotonic() > until:
                tails = "\n".join(f"{name}:\n{self.tail(name)}" for name, _ in self._running)
                message = f"{what}: not after {seconds:g} s\n{tails}"
                raise StartError(message)
            time.sleep(0.1)

    def tail(self, name: str) -> str:
        """The last lines of a program's log."""
        return "\n".join((self.logs / name).read_text(errors="replace").splitlines()[-15:])

    def stop(self) -> None:
        """End all, in order; whoever does not go within 10 s is killed."""
        for _, child in reversed(self._running):
            child.terminate()
            with suppress(subprocess.TimeoutExpired):
                child.wait(60)
            child.kill()
            child.wait()
        self._running.clear()


def free_ports(count: int) -> list[int]:
    """Ports of 127.0.0.1 that nobody uses at the moment."""
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in held]
    for each in held:
        each.close()
    return ports
