"""Closes packet sockets beside the work.

To close one takes the kernel 5 to 30 ms (packet_release waits for all CPUs: synchronize_net), and a node may
lose a hundred interfaces at a time: nobody who answers or decides can wait for that.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from baremetal_lb.link.packet_socket import PacketSocket


class Closing:
    """A thread that closes what it is given, one after the other; it is there from the first one on."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, "close sockets")

    def close(self, opened: PacketSocket) -> None:
        """Close it soon. Nobody may use it any more."""
        self._pool.submit(opened.close)

    def end(self, *, wait: bool) -> None:
        """Nothing more comes; whether to wait until all are closed."""
        self._pool.shutdown(wait=wait)
