"""The outside client's questions to a Service; a line of JSON is the answer.

    ask.py answers tcp|udp TIMES SECONDS ADDRESS PORT...   each comes to be answered, then so often in a row
    ask.py silence tcp|udp SECONDS ADDRESS PORT            comes not to be answered any more

`answers` prints of each the client's own address and what each answer said; `silence` whether it came.
What has not come about within SECONDS ends it with code 1 and the last failure.
"""

from __future__ import annotations

import json
import socket
import sys
import time
from typing import Any

ONE_TRY = 2.0  # seconds: more than a lost SYN, which is sent again after one


class NoAnswer(Exception):
    """The failure of one try, in words."""


def ask(protocol: str, address: str, port: int) -> tuple[str, dict[str, Any]]:
    """The address that the client had in it, and what was said; NoAnswer."""
    kind = socket.SOCK_STREAM if protocol == "tcp" else socket.SOCK_DGRAM
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, kind) as opened:
        opened.settimeout(ONE_TRY)
        try:
            opened.connect((address, port))
            opened.sendall(b"GET / HTTP/1.1\r\nHost: e2e\r\nConnection: close\r\n\r\n")
            body = _whole(opened) if protocol == "tcp" else opened.recv(65536)
            return opened.getsockname()[0], json.loads(body)
        except (OSError, ValueError) as exc:
            msg = f"{protocol} {address} port {port}: {type(exc).__name__}: {exc}"
            raise NoAnswer(msg) from exc


def _whole(opened: socket.socket) -> bytes:
    received = b""
    while chunk := opened.recv(65536):
        received += chunk
    return received.partition(b"\r\n\r\n")[2]


def answers(protocol: str, target: tuple[str, str], times: int, seconds: float) -> dict[str, Any]:
    """As often as wanted, from the first answer on; NoAnswer."""
    address, port = target[0], int(target[1])
    deadline = time.monotonic() + seconds
    while True:
        try:
            ask(protocol, address, port)
            break
        except NoAnswer:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)  # a refusal comes at once
    given = [ask(protocol, address, port) for _ in range(times)]
    return {"own": given[0][0], "answers": [answer for _, answer in given]}


def silence(protocol: str, address: str, port: int, seconds: float) -> bool:
    """Whether a try comes to fail."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            ask(protocol, address, port)
        except NoAnswer:
            return True
        time.sleep(0.05)
    return False


def main(argv: list[str]) -> int:
    """0 where it came about, 1 where not, 2 for what is no question."""
    try:
        match argv:
            case ["answers", protocol, times, seconds, *targets]:
                both = zip(targets[::2], targets[1::2], strict=True)
                found = [answers(protocol, target, int(times), float(seconds)) for target in both]
                print(json.dumps(found))
                return 0
            case ["silence", protocol, seconds, address, port]:
                silent = silence(protocol, address, int(port), float(seconds))
                print(json.dumps(silent))
                return 0 if silent else 1
    except NoAnswer as exc:
        print(exc, file=sys.stderr)
        return 1
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
