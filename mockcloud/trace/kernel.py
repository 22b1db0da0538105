"""What the kernel of one node tells of a connection: nftables tracing of its first packet, and conntrack.

The rule that asks for the trace is in a table of its own which belongs to a running nft (flag `owner`): the
kernel removes it with that process, however this one ends. Facts: nft(8), linux/netfilter/nf_tables.h.
"""

from __future__ import annotations

import os
import re
import socket
import struct
import subprocess
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Final

from mockcloud.proxy.nftables import nft_path
from mockcloud.trace.model import End, Protocol, Step, Tracked

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockcloud.trace.model import Flow

TABLE: Final = "mockcloud-trace"
NETLINK_NETFILTER: Final = 12
SOL_NETLINK: Final = 270
ADD_MEMBERSHIP: Final = 1
GROUP_NFTRACE: Final = 9
MESSAGE_TRACE: Final = (10 << 8) | 17  # NFNL_SUBSYS_NFTABLES, NFT_MSG_TRACE
# enum nft_trace_attributes
ATTR_TABLE, ATTR_CHAIN, ATTR_HANDLE, ATTR_TYPE, ATTR_VERDICT, ATTR_ID, ATTR_FAMILY, ATTR_POLICY = (
    1, 2, 3, 4, 5, 6, 15, 16,
)  # fmt: skip
ATTR_NETWORK, ATTR_TRANSPORT = 8, 9
TYPE_POLICY, TYPE_RULE = 1, 3
VERDICT_CODE, VERDICT_CHAIN = 1, 2
VERDICTS: Final = {0: "drop", 1: "accept", -1: "continue", -2: "break", -3: "jump", -4: "goto", -5: "return"}
FAMILIES: Final = {2: "ip", 10: "ip6", 1: "inet"}
NUMBERS: Final = {Protocol.TCP: socket.IPPROTO_TCP, Protocol.UDP: socket.IPPROTO_UDP}
_HEADER: Final = struct.Struct("=IHHII")
_ATTRIBUTE: Final = struct.Struct("=HH")
_RULE: Final = re.compile(r"^\s*(.+?) # handle (\d+)$")
_CHAIN: Final = re.compile(r"^\s*chain (\S+) \{")


@dataclass(frozen=True, slots=True)
class Met:
    """A rule that a packet met: where it is, and what it decided."""

    packet: int
    family: str
    table: str
    chain: str
    handle: int  # 0: the chain's policy
    verdict: str
    target: End | None  # whom the packet was for, where the kernel shows it (once a hook)


@dataclass(frozen=True, slots=True)
class Traced:
    """What the first packet met, in order, and whom it was for in the end."""

    steps: tuple[Step, ...]
    sent_to: End | None


class Tracer:
    """Traces one connection's first packet in the network namespace of the thread that makes it."""

    def __init__(self, flow: Flow, *, translated: bool = False) -> None:
        """The trace is on when this returns; OSError where the kernel does not let us.

        `translated`: another host may have sent it on to somebody else than the flow says.
        """
        self._script = _script(flow, translated=translated)
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER)
        self._socket.bind((0, 0))
        self._socket.setsockopt(SOL_NETLINK, ADD_MEMBERSHIP, GROUP_NFTRACE)
        self._socket.setblocking(False)
        self._nft = subprocess.Popen(
            [nft_path(), "-i"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            # It would keep what it was told in ~/.nft.history.
            env={**os.environ, "HOME": os.devnull},
        )
        self._arm()

    def _arm(self) -> None:
        assert self._nft.stdin is not None
        assert self._nft.stdout is not None
        self._nft.stdin.write(self._script)
        self._nft.stdin.flush()
        for line in self._nft.stdout:
            if line.startswith(f"table inet {TABLE}"):
                return
        msg = "nft did not take the rule that asks for the trace"
        raise OSError(msg)

    def end(self) -> Traced:
        """Trace no more; what was seen."""
        assert self._nft.stdin is not None
        assert self._nft.stdout is not None
        met = list(self._met())
        self._socket.close()
        self._nft.stdin.close()
        self._nft.stdout.close()
        self._nft.wait()
        first = [each for each in met if each.packet == met[0].packet]
        rules = {place: _rules(*place) for place in {(each.family, each.table) for each in first}}
        targets = [each.target for each in first if each.target is not None]
        steps = (_step(each, rules[each.family, each.table]) for each in first if each.verdict != "continue")
        return Traced(tuple(steps), targets[-1] if targets else None)

    def _met(self) -> Iterator[Met]:
        while True:
            try:
                data = self._socket.recv(1 << 16)
            except BlockingIOError:
                return
            yield from (each for each in parse(data) if each.table != TABLE)


def _script(flow: Flow, *, translated: bool) -> str:
    family = "ip6" if ":" in flow.source.ip else "ip"
    match = f"{family} saddr {flow.source.ip} {flow.protocol} sport {flow.source.port}"
    if not translated:
        match += f" {family} daddr {flow.target.ip} {flow.protocol} dport {flow.target.port}"
    if flow.protocol is Protocol.TCP:
        match += " tcp flags & (syn | ack) == syn"
    lines = [f"add table inet {TABLE} {{ flags owner ; }}"]
    for hook in ("prerouting", "output"):
        # Before conntrack and all that is to be watched.
        lines.append(f"add chain inet {TABLE} {hook} {{ type filter hook {hook} priority -350 ; }}")
        lines.append(f"add rule inet {TABLE} {hook} {match} meta nftrace set 1")
    return "\n".join([*lines, f"list table inet {TABLE}", ""])


def parse(data: bytes) -> Iterator[Met]:
    """The rules met, from what a netlink socket gave; anything else is passed over."""
    while len(data) >= _HEADER.size:
        length, kind, *_ = _HEADER.unpack_from(data)
        if length < _HEADER.size:
            return
        message, data = data[_HEADER.size : length], data[(length + 3) & ~3 :]
        found = dict(_attributes(message[4:]))
        if kind == MESSAGE_TRACE and found.get(ATTR_TYPE) in (_number(TYPE_RULE), _number(TYPE_POLICY)):
            yield _met(found)


def _met(found: dict[int, bytes]) -> Met:
    return Met(
        packet=int.from_bytes(found.get(ATTR_ID, b"")),
        family=FAMILIES.get(int.from_bytes(found.get(ATTR_FAMILY, b"")), "inet"),
        table=_text(found.get(ATTR_TABLE, b"")),
        chain=_text(found.get(ATTR_CHAIN, b"")),
        handle=int.from_bytes(found.get(ATTR_HANDLE, b"")),
        verdict=_verdict(found),
        target=_target(found.get(ATTR_NETWORK, b""), found.get(ATTR_TRANSPORT, b"")),
    )


def _target(network: bytes, transport: bytes) -> End | None:
    """Destination address and port, from the beginnings of the two headers."""
    if len(transport) < 4 or not network:
        return None
    version = network[0] >> 4
    packed = network[16:20] if version == 4 else network[24:40]
    return End(str(ip_address(packed)), int.from_bytes(transport[2:4])) if len(packed) in (4, 16) else None


def _verdict(found: dict[int, bytes]) -> str:
    if found[ATTR_TYPE] == _number(TYPE_POLICY):
        code = int.from_bytes(found.get(ATTR_POLICY, b""))
        return "continue" if code == 1 else "drop"  # a policy that accepts is no news
    inner = dict(_attributes(found.get(ATTR_VERDICT, b"")))
    code = int.from_bytes(inner.get(VERDICT_CODE, b"\xff\xff\xff\xff"), signed=True)
    chain = _text(inner.get(VERDICT_CHAIN, b""))
    return f"{VERDICTS.get(code, code)} {chain}".strip()


def _attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    while len(data) >= _ATTRIBUTE.size:
        length, kind = _ATTRIBUTE.unpack_from(data)
        if length < _ATTRIBUTE.size:
            return
        yield kind & 0x3FFF, data[_ATTRIBUTE.size : length]
        data = data[(length + 3) & ~3 :]


def _number(value: int) -> bytes:
    return value.to_bytes(4)


def _text(data: bytes) -> str:
    return data.rstrip(b"\0").decode(errors="replace")


def _step(met: Met, rules: dict[tuple[str, int], str]) -> Step:
    rule = rules.get((met.chain, met.handle), "policy" if met.handle == 0 else f"rule {met.handle}")
    # `reject` drops the packet, in the kernel's words; the rule says what the sender gets to know of it.
    verdict = "reject" if met.verdict == "drop" and rule.startswith("reject") else met.verdict
    return Step(f"{met.family} {met.table}", met.chain, rule, verdict)


def _rules(family: str, table: str) -> dict[tuple[str, int], str]:
    """The rules of a table by chain and handle; without the elements of its sets, which may be many."""
    shown = subprocess.run(
        [nft_path(), "-a", "-t", "list", "table", family, table], capture_output=True, text=True, check=False
    ).stdout
    found, chain = {}, ""
    for line in shown.splitlines():
        if begins := _CHAIN.match(line):
            chain = begins[1]
        elif rule := _RULE.match(line):
            found[chain, int(rule[2])] = rule[1]
    return found


def tracked(flow: Flow) -> Tracked | None:
    """The conntrack entry of the connection in this network namespace."""
    # 0.3 s, and needed by nobody else
    from pyroute2.netlink.exceptions import NetlinkError
    from pyroute2.netlink.nfnetlink.nfctsocket import NFCTAttrTuple, NFCTSocket

    family = socket.AF_INET6 if ":" in flow.source.ip else socket.AF_INET
    wanted = NFCTAttrTuple(
        family=family,
        saddr=flow.source.ip,
        daddr=flow.target.ip,
        proto=NUMBERS[flow.protocol],
        sport=flow.source.port,
        dport=flow.target.port,
    )
    with NFCTSocket(nfgen_family=family) as conntrack:
        try:
            entry = conntrack.entry("get", tuple_orig=wanted)[0]
        except (NetlinkError, IndexError):
            return None
    status = int(entry.get_attr("CTA_STATUS"))
    source, target = _ends(entry.get_attr("CTA_TUPLE_REPLY"))
    return Tracked(source, target, answered=bool(status & 2))  # IPS_SEEN_REPLY


def _ends(reply: Any) -> tuple[End, End]:  # noqa: ANN401 - pyroute2 has no types
    ip, proto = reply.get_attr("CTA_TUPLE_IP"), reply.get_attr("CTA_TUPLE_PROTO")
    kind = "V4" if ip.get_attr("CTA_IP_V4_SRC") else "V6"
    return (
        End(ip.get_attr(f"CTA_IP_{kind}_SRC"), proto.get_attr("CTA_PROTO_SRC_PORT")),
        End(ip.get_attr(f"CTA_IP_{kind}_DST"), proto.get_attr("CTA_PROTO_DST_PORT")),
    )
