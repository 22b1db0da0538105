"""A client that opens a connection every 10 ms until its input ends, and says how long it was without one.

    gaps.py ADDRESS PORT

Prints `begun` with the first connection. At the end a line of JSON: the longest time without a connection in
seconds, the time before the end included; how many were tried; and how many were lost: refused, or not made
within 0.9 s, so that a packet of theirs must have been lost. By the standard library only.
"""

from __future__ import annotations

import itertools
import json
import select
import selectors
import socket
import sys
import time
from typing import Final

EVERY: Final = 0.01
PATIENCE: Final = 0.9  # a kernel sends a lost SYN again after one second


class Client:
    """Its connections: those that are being made, and when the others were."""

    def __init__(self, address: str, port: int) -> None:
        self._target = (address, port)
        self._family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self._pending: dict[socket.socket, float] = {}  # since when, the oldest first
        self._selector = selectors.DefaultSelector()
        self.made: list[float] = []
        self.tried = self.lost = 0

    @property
    def waits(self) -> bool:
        return bool(self._pending)

    def open(self, now: float) -> None:
        """Begin one more."""
        opened = socket.socket(self._family)
        opened.setblocking(False)
        opened.connect_ex(self._target)
        self._selector.register(opened, selectors.EVENT_WRITE)
        self._pending[opened] = now
        self.tried += 1

    def settle(self, seconds: float) -> None:
        """Await the fate of some for so long, and give up those that took too long."""
        for key, _ in self._selector.select(seconds):
            opened = key.fileobj
            assert isinstance(opened, socket.socket)
            failed = opened.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) != 0
            self._close(opened, failed=failed)
        now = time.monotonic()
        for opened in [each for each, since in self._pending.items() if now - since > PATIENCE]:
            self._close(opened, failed=True)

    def _close(self, opened: socket.socket, *, failed: bool) -> None:
        self._selector.unregister(opened)
        opened.close()
        del self._pending[opened]
        if failed:
            self.lost += 1
        else:
            self.made.append(time.monotonic())
            if len(self.made) == 1:
                print("begun", flush=True)


def longest_gap(made: list[float], end: float) -> float:
    """The longest time between two connections, or from the last one to the end."""
    edges = [*made, max([end, *made])]
    return max((after - before for before, after in itertools.pairwise(edges)), default=0.0)


def main(address: str, port: int) -> None:
    """Connect until standard input ends, await what is under way, and tell."""
    client, due = Client(address, port), time.monotonic()
    while not select.select([sys.stdin], [], [], 0)[0]:
        if (now := time.monotonic()) >= due:
            due += EVERY
            client.open(now)
        client.settle(EVERY / 5)
    end = time.monotonic()
    while client.waits:
        client.settle(EVERY)
    longest = round(longest_gap(client.made, end), 3)
    print(json.dumps({"longest": longest, "tried": client.tried, "lost": client.lost}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
