"""The connection itself, made from within the source's namespaces."""

from __future__ import annotations

import contextlib
import errno
import socket
import struct
import time
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

from mockcloud.trace.model import Attempt, End, Flow, Outcome, Protocol

if TYPE_CHECKING:
    from mockcloud.trace.model import Target

PATIENCE: Final = 4.0  # seconds; Linux gives up asking for a neighbour after 3
MOST_FRAMES: Final = 10_000
MOST_BYTES: Final = 1 << 16
MOST_SHOWN: Final = 100
ETH_P_ALL: Final = 3
ARP, IPV6, ICMPV6 = b"\x08\x06", b"\x86\xdd", 58
SOLICITATION, ADVERTISEMENT = 135, 136
REFUSALS: Final = {
    errno.ECONNREFUSED: Outcome.REFUSED,
    errno.ECONNRESET: Outcome.RESET,
    errno.EHOSTUNREACH: Outcome.UNREACHABLE,
    errno.ENETUNREACH: Outcome.UNREACHABLE,
    errno.ETIMEDOUT: Outcome.TIMED_OUT,
}


class Connection:
    """A connection that is ready to be made: `flow` says by which addresses and ports."""

    def __init__(self, target: Target, address: str) -> None:
        """OSError where there is no route."""
        self._target = target
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((address, target.port))  # sends nothing; asks for the route
            own = probe.getsockname()[0]
        kind = socket.SOCK_STREAM if target.protocol is Protocol.TCP else socket.SOCK_DGRAM
        self._socket = socket.socket(family, kind)
        self._socket.bind((own, 0))
        self._socket.settimeout(PATIENCE)
        self.flow = Flow(End(own, self._socket.getsockname()[1]), End(address, target.port), target.protocol)

    def attempt(self) -> Attempt:
        """Make it, say what the target asks for, and close it."""
        with contextlib.closing(_Neighbours(self.flow.target.ip)) as neighbours:
            began = time.monotonic()
            try:
                answer = self._talk()
                outcome, detail = Outcome.CONNECTED, ""
            except TimeoutError:
                answer, outcome, detail = b"", Outcome.TIMED_OUT, f"no answer in {PATIENCE:.0f} s"
            except OSError as exc:
                answer, outcome = b"", REFUSALS.get(exc.errno or 0, Outcome.UNREACHABLE)
                detail = exc.strerror or str(exc)
            finally:
                self._socket.close()
            seconds = time.monotonic() - began
            seen = neighbours.seen()
        status, body = _shown(answer, http=self._target.path is not None)
        return Attempt(outcome, seconds, detail, seen.asked, seen.answers, status, body)

    def _talk(self) -> bytes:
        target = self.flow.target
        self._socket.connect((target.ip, target.port))
        if self._target.protocol is Protocol.UDP:
            self._socket.send(b"trace\n")
            return self._socket.recv(MOST_BYTES)
        if self._target.path is None:
            return b""
        request = (
            f"GET {self._target.path} HTTP/1.1\r\nHost: {self._target.host}\r\n"
            "User-Agent: mockcloud-trace\r\nConnection: close\r\n\r\n"
        )
        self._socket.sendall(request.encode())
        answer = b""
        while len(answer) < MOST_BYTES and (part := self._socket.recv(MOST_BYTES)):
            answer += part
        return answer


def _shown(answer: bytes, *, http: bool) -> tuple[str, str]:
    """The status line, and the beginning of the body in one line."""
    head, _, body = answer.partition(b"\r\n\r\n") if http else (b"", b"", answer)
    status = head.partition(b"\r\n")[0].decode(errors="replace")
    text = " ".join(body.decode(errors="replace").split())
    return status, text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}..."


@dataclass(frozen=True, slots=True)
class Seen:
    """What went over the wire about the target's MAC."""

    asked: bool
    answers: tuple[str, ...]


class _Neighbours:
    """Listens to who is asked, and who answers, for an address on this host's own links."""

    def __init__(self, address: str) -> None:
        self._address = ip_address(address).packed
        self._socket: socket.socket | None = None
        link = _forget(address)
        if link is not None:
            self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
            self._socket.bind((socket.if_indextoname(link), ETH_P_ALL))
            self._socket.setblocking(False)

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()

    def seen(self) -> Seen:
        """What has come so far."""
        asked, answers = False, []
        for _ in range(MOST_FRAMES if self._socket is not None else 0):
            assert self._socket is not None
            try:
                frame = self._socket.recv(2048)
            except BlockingIOError:
                break
            said = heard(frame, self._address)
            if said == "":
                asked = True
            elif said is not None and said not in answers:
                answers.append(said)
        return Seen(asked, tuple(answers))


def heard(frame: bytes, address: bytes) -> str | None:
    """The MAC that a frame says the address is at; "" where it asks for it; None where it does neither.

    RFC 826; RFC 4861 4.3 and 4.4, without extension headers.
    """
    kind = frame[12:14]
    if kind == ARP and len(frame) >= 42:
        (operation,) = struct.unpack_from("!H", frame, 20)
        if operation == 2 and frame[28:32] == address:
            return frame[22:28].hex(":")
        return "" if operation == 1 and frame[38:42] == address else None
    if kind == IPV6 and len(frame) >= 78 and frame[20] == ICMPV6 and frame[62:78] == address:
        if frame[54] == ADVERTISEMENT:
            return frame[6:12].hex(":")
        return "" if frame[54] == SOLICITATION else None
    return None


def _forget(address: str) -> int | None:
    """Let the kernel ask anew for the address; the link it is on, None where it is not on one of ours."""
    # 0.5 s, and needed by nobody else
    from pyroute2 import IPRoute
    from pyroute2.netlink.exceptions import NetlinkError

    with IPRoute() as netlink:
        (route,) = netlink.route("get", dst=address)
        if route["type"] != 1 or route.get_attr("RTA_GATEWAY") is not None:  # RTN_UNICAST
            return None
        link = int(route.get_attr("RTA_OIF"))
        with contextlib.suppress(NetlinkError):
            netlink.neigh("del", dst=address, ifindex=link)
        return link
