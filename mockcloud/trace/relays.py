"""What the proxy of a cloud's edge says of a connection: by which one of its own it went on.

HAProxy says it once that one stands, to whoever listens (mockcloud/edge/decide/haproxy_config.py).
"""

from __future__ import annotations

import contextlib
import socket
import time
from typing import TYPE_CHECKING, Final

from mockcloud.cluster_defaults import RELAYS_PORT
from mockcloud.trace.model import End, Flow

if TYPE_CHECKING:
    from types import TracebackType

PATIENCE: Final = 2.0  # seconds, until the proxy has said it
MOST_BYTES: Final = 1 << 12


class Relays:
    """Listens in the network namespace of the thread that makes it; of two at a time the first hears it."""

    def __init__(self) -> None:
        """What is said from now on is heard."""
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        with contextlib.suppress(OSError):  # another trace listens
            self._socket.bind(("127.0.0.1", RELAYS_PORT))

    def __enter__(self) -> Relays:
        """Itself."""
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._socket.close()

    def of(self, flow: Flow) -> Flow | None:
        """The connection that the proxy made for this one; None where it says nothing of it."""
        deadline = time.monotonic() + PATIENCE
        while (left := deadline - time.monotonic()) > 0:
            self._socket.settimeout(left)
            try:
                said = self._socket.recv(MOST_BYTES).decode()
            except OSError:
                return None
            if said.split()[:2] == [flow.source.ip, str(flow.source.port)]:
                return relayed(said, flow)
        return None


def relayed(said: str, flow: Flow) -> Flow | None:
    """What a line says: the client's address and port, the proxy's own, the target's (`-` and 0: none)."""
    _, _, *ends = said.split()
    if len(ends) != 4 or "-" in ends:
        return None
    return Flow(End(ends[0], int(ends[1])), End(ends[2], int(ends[3])), flow.protocol)
