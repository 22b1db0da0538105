"""Opens connections on a host, as it is told, and says what became of them.

Standard input: a JSON list of [protocol, ip, port, tries]; standard output: a JSON list, for each
{"fate": "answered" | "refused" | "silent" | "unreachable", "pods": [...], "seen": [...]}: who answered, and
which client addresses they saw. After a first try without an answer there is no second, and where ENOUGH
pods have answered no more is asked.
"""

from __future__ import annotations

import json
import socket
import sys
from concurrent.futures import ThreadPoolExecutor

# Linux takes an ICMP refusal for an answer only when it comes while the socket waits: mostly at the first
# retransmission, after a second.
TCP_SECONDS = 2.6
UDP_SECONDS = 0.5
UDP_SENDS = 2
AT_ONCE = 48
ENOUGH = 2


def probe(what: tuple[str, str, int, int]) -> dict[str, object]:
    protocol, ip, port, tries = what
    pods, seen = set(), set()
    for _ in range(tries):
        try:
            said = (tcp if protocol == "tcp" else udp)(ip, port)
        except ConnectionError:
            fate = "refused"
        except TimeoutError:
            fate = "silent"
        except OSError:
            fate = "unreachable"
        else:
            pod, address = said.split()
            pods.add(pod)
            seen.add(address)
            if len(pods) >= ENOUGH:
                break
            continue
        if not pods:
            return {"fate": fate, "pods": [], "seen": []}
        pods.add(fate)
    return {"fate": "answered", "pods": sorted(pods), "seen": sorted(seen)}


def tcp(ip: str, port: int) -> str:
    with socket.create_connection((ip, port), TCP_SECONDS) as opened:
        said = opened.makefile().readline()
    if not said:
        raise ConnectionResetError
    return said


def udp(ip: str, port: int) -> str:
    family = socket.AF_INET6 if ":" in ip else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as opened:
        opened.settimeout(UDP_SECONDS)
        opened.connect((ip, port))
        for _ in range(UDP_SENDS):
            opened.send(b"who?")
            try:
                return opened.recv(2048).decode()
            except TimeoutError:
                continue
    raise TimeoutError


def main() -> None:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        json.dump(list(pool.map(probe, json.load(sys.stdin))), sys.stdout)


if __name__ == "__main__":
    main()
