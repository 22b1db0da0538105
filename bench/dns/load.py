"""Asks a DNS server over UDP, on a core of its own: `load.py PORT CORE MODE MILLISECONDS [RATE]`.

The questions come on standard input, each as hexadecimal digits. Prints a line of JSON.
- flood: WINDOW questions under way; what counts is how many are answered.
- paced: RATE questions a second, sent when they are due whether or not others are answered; what counts is
  how long each answer took from the moment its question was due.
"""

from __future__ import annotations

import json
import os
import socket
import statistics
import sys
import time
from dataclasses import dataclass, field
from itertools import cycle
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

WINDOW: Final = 64
PATIENCE_NS: Final = 200_000_000


@dataclass(slots=True)
class Load:
    """One socket, asking in turn."""

    wire: socket.socket
    questions: Iterator[bytes]
    number: int = 0
    due: dict[bytes, int] = field(default_factory=dict)  # by id: when the question was to be sent
    took: list[int] = field(default_factory=list)

    def ask(self, due: int) -> None:
        """The next question."""
        self.number = (self.number + 1) % 65536
        name = self.number.to_bytes(2)
        self.due[name] = due
        self.wire.send(name + next(self.questions))

    def take(self) -> None:
        """All answers that have come."""
        while True:
            try:
                reply = self.wire.recv(2048)
            except BlockingIOError:
                return
            due = self.due.pop(reply[:2], None)
            if due is not None:
                self.took.append(time.perf_counter_ns() - due)

    def flood(self, until: int) -> None:
        """As many as are answered."""
        last = time.perf_counter_ns()
        while (now := time.perf_counter_ns()) < until:
            while len(self.due) < WINDOW:
                self.ask(now)
            before = len(self.took)
            self.take()
            if len(self.took) > before:
                last = now
            elif now - last > PATIENCE_NS:
                self.due.clear()  # lost

    def pace(self, until: int, rate: int) -> None:
        """That many a second, then wait for the last."""
        step, due = 1_000_000_000 // rate, time.perf_counter_ns()
        while due < until:
            while due <= time.perf_counter_ns():
                self.ask(due)
                due += step
            self.take()
        end = time.perf_counter_ns() + PATIENCE_NS
        while self.due and time.perf_counter_ns() < end:
            self.take()


def main(arguments: list[str]) -> int:
    """Print how many were answered and lost, in how many seconds, and the times in microseconds."""
    port, core, mode, milliseconds, *rate = arguments
    os.sched_setaffinity(0, {int(core)})
    questions = [bytes.fromhex(line) for line in sys.stdin]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wire:
        wire.connect(("127.0.0.1", int(port)))
        wire.setblocking(False)
        load = Load(wire, cycle(questions))
        start = time.perf_counter_ns()
        until = start + int(milliseconds) * 1_000_000
        load.pace(until, int(rate[0])) if mode == "paced" else load.flood(until)
        seconds = (time.perf_counter_ns() - start) / 1e9
    cuts = statistics.quantiles(load.took or [0, 0], n=100)
    found = {"answered": len(load.took), "lost": len(load.due), "seconds": seconds}
    print(json.dumps({**found, "p50": cuts[49] / 1e3, "p99": cuts[98] / 1e3}))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
