"""A client that opens one connection after another until it is told to stop (standard input ends).

    knocker.py IP PORT SECONDS_BETWEEN

Prints one JSON line: how many were tried, which failed (seconds since the start, and how), and who answered.
"""

from __future__ import annotations

import json
import select
import socket
import sys
import time
from collections import Counter

PATIENCE = 3.0


def main(ip: str, port: int, between: float) -> None:
    began = time.monotonic()
    answered: Counter[str] = Counter()
    failed = []
    due = began
    print("begun", flush=True)
    while not select.select([sys.stdin], [], [], max(due - time.monotonic(), 0))[0]:
        due = max(due + between, time.monotonic())
        at = round(time.monotonic() - began, 3)
        try:
            with socket.create_connection((ip, port), PATIENCE) as opened:
                said = opened.makefile().readline()
            answered[said.split()[0] if said else "nobody"] += 1
        except OSError as error:
            failed.append([at, type(error).__name__])
    tried = answered.total() + len(failed)
    print(json.dumps({"tried": tried, "failed": failed, "answered": answered}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]))
