"""A ruleset and its changes -> text that `nft -f` takes as one atomic transaction. Pure.

Only the tables `mockcloud` and `mockcloud-2`, each in `ip` and `ip6`, are ever named.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, assert_never

from mockcloud.proxy.decide.ledger import ABSENT, Absent, Change
from mockcloud.proxy.decide.ruleset import (
    Address,
    Denial,
    Key,
    Origin,
    Remembered,
    Route,
    Slot,
    Spread,
    Sticky,
    Value,
)
from mockcloud.proxy.decide.views import Family, NodeView, Protocol, Target

# One of them is in force; the other is there only while it is filled to take the first one's place.
TABLES: Final = ("mockcloud", "mockcloud-2")
# A transaction must fit into a socket's send buffer, about three times as large: a user namespace cannot have
# more of it than net.core.wmem_max.
ONE_TRANSACTION: Final = 65536
ELEMENTS_A_LINE: Final = 200
NO_ELEMENTS: Final = (Slot.CHAINS, Slot.MEMORIES, Slot.SERVERS)
MASQUERADE_MARK: Final = 0x4000  # the bit that kube-proxy uses
# nft wants some modulus to know the type of an index; it is no limit.
INDEX: Final = "numgen random mod 65536"


@dataclass(frozen=True, slots=True)
class Script:
    """One transaction. `retired` chains are empty afterwards, to be deleted later (see `deletion`)."""

    text: str
    retired: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Renderer:
    """Writes nft for one family of one node."""

    family: Family
    node: NodeView
    table: str = TABLES[0]

    def load(self, contents: Sequence[Change], memories: Mapping[str, str] = MappingProxyType({})) -> str:
        """One transaction: whatever tables are there are replaced by one with these elements.

        Connections that exist are not touched. `memories`: what the endpoints of Services with
        sessionAffinity remember, by the name of the set.
        """
        return _text([*_without(self.family, *TABLES), self._add, *self._contents(contents, memories)])

    def staged(
        self, contents: Sequence[Change], memories: Mapping[str, str] = MappingProxyType({})
    ) -> Iterator[str]:
        """The same as transactions of at most ONE_TRANSACTION characters, without a moment of half a table.

        This table is filled while it sleeps (dormant: no packet sees it); the last transaction wakes it and
        removes the other.
        """
        yield _text([*_without(self.family, self.table), f"{self._add} {{ flags dormant ; }}"])
        lines: list[str] = []
        size = 0
        for line in self._contents(contents, memories):
            if size + len(line) >= ONE_TRANSACTION:
                yield _text(lines)
                lines, size = [], 0
            lines.append(line)
            size += len(line) + 1
        yield _text(lines)
        others = (name for name in TABLES if name != self.table)
        yield _text([*_without(self.family, *others), self._add])

    @property
    def _add(self) -> str:
        return f"add table {self.family} {self.table}"

    def _contents(self, contents: Sequence[Change], memories: Mapping[str, str]) -> Iterator[str]:
        yield from self._base()
        yield from self._lines(contents)
        for name, known in memories.items():
            yield f"add element {self.family} {self.table} {name} {{ {known} }}"

    def change(self, changes: Sequence[Change]) -> Script:
        """Only what changed. Chains that went are emptied, not deleted: kernels before 6.2 may hold them."""
        return Script(_text(self._lines(changes)), tuple(_retired(changes)))

    def deletion(self, chains: Iterable[str]) -> str:
        """Delete chains that were retired more than a second ago."""
        return _text(f"delete chain {self.family} {self.table} {chain}" for chain in chains)

    def _lines(self, changes: Sequence[Change]) -> Iterator[str]:
        chains = [change for change in changes if change.slot is Slot.CHAINS]
        memories = [change for change in changes if change.slot is Slot.MEMORIES]
        elements = [change for change in changes if change.slot not in NO_ELEMENTS]
        yield from self._new_memories(memories)
        yield from self._new_chains(chains)
        yield from self._elements("delete", [change for change in elements if change.old is not ABSENT])
        yield from self._elements("add", [change for change in elements if change.new is not ABSENT])
        for chain in _retired(chains):
            yield f"flush chain {self.family} {self.table} {chain}"
        for change in memories:
            if isinstance(change.new, Absent):
                yield f"delete set {self.family} {self.table} {change.key}"

    def _new_memories(self, memories: Sequence[Change]) -> Iterator[str]:
        kind = "ipv4_addr" if self.family is Family.IPV4 else "ipv6_addr"
        for change in memories:
            name = f"{self.family} {self.table} {change.key}"
            if isinstance(change.old, Absent):
                # Clients are only ever added by packets, each with its rule's timeout.
                yield f"add set {name} {{ type {kind} ; flags dynamic,timeout ; size 65536 ; }}"

    def _new_chains(self, chains: Sequence[Change]) -> Iterator[str]:
        present = [change for change in chains if not isinstance(change.new, Absent)]
        for change in present:
            yield f"add chain {self.family} {self.table} {change.key}"
        for change in present:
            # Flushed where new, too: it may be one that was retired a moment ago.
            yield f"flush chain {self.family} {self.table} {change.key}"
            for rule in self._rules(change.new):
                yield f"add rule {self.family} {self.table} {change.key} {rule}"

    def _elements(self, verb: str, changes: Sequence[Change]) -> Iterator[str]:
        by_name: dict[str, list[str]] = {}
        for change in changes:
            text = self._key(change.slot, change.key)
            if verb == "add":
                text += _data(change.new)
            by_name.setdefault(_name(change), []).append(text)
        for name, texts in by_name.items():
            for start in range(0, len(texts), ELEMENTS_A_LINE):
                some = ", ".join(texts[start : start + ELEMENTS_A_LINE])
                yield f"{verb} element {self.family} {self.table} {name} {{ {some} }}"

    def _key(self, slot: Slot, key: Key) -> str:
        match key:
            case Address():
                return _address(key)
            case (Address(ip, _, port), int(index)):
                return f"{ip} . {port} . {index}"
            case (Address() as address, source):
                return f"{_address(address)} . {source}"
            case _ if slot is Slot.HAIRPIN:
                return f"{key} . {key}"
        return str(key)

    @property
    def _addressed(self) -> str:
        return f"{self.family} daddr . meta l4proto . th dport"

    def _rules(self, chain: Value | Absent) -> list[str]:
        match chain:
            case Route():
                return self._way(chain)
            case Spread(protocol, count, local):
                endpoints = _endpoints(Slot.LOCAL_ENDPOINTS if local else Slot.ENDPOINTS, protocol)
                place = f"{self.family} daddr . {protocol} dport"
                choice = f"{place} . numgen random mod {count} map @{endpoints}"
                return [f"meta l4proto {protocol} dnat {self.family} to {choice}"]
            case Sticky():
                return self._sticky(chain)
            case Remembered(port, target, seconds):
                return [
                    f"update @{chain.memory} {{ {self.family} saddr timeout {seconds}s }}",
                    f"meta l4proto {port.protocol} dnat {self.family} to {_place(target)}",
                ]
        msg = f"no rules for {chain!r}: expected a chain"
        raise TypeError(msg)

    def _way(self, way: Route) -> list[str]:
        onward = [f"goto {way.picker.chain}"] if way.picker else []
        match way.origin:
            case Origin.INTERNAL:
                pods = self.node.cluster_cidr(self.family)
                return [f"{self.family} saddr != {pods} jump mark-for-masquerade", *onward]
            case Origin.EXTERNAL:
                return ["jump mark-for-masquerade", *onward]
            case Origin.LOCAL:
                pods = self.node.cluster_cidr(self.family)
                shortcut = f"{self._addressed} vmap @{Slot.SHORTCUTS}"
                return [
                    f"{self.family} saddr {pods} {shortcut}",
                    "fib saddr type local jump mark-for-masquerade",
                    f"fib saddr type local {shortcut}",
                    *onward,
                ]
        assert_never(way.origin)

    def _sticky(self, picker: Sticky) -> list[str]:
        source = f"{self.family} saddr"
        endpoints = picker.endpoints
        known = [f"{source} @{one.memory} goto {one.chain}" for one in endpoints]
        choices = ", ".join(f"{index} : goto {one.chain}" for index, one in enumerate(endpoints))
        return [*known, f"numgen random mod {len(endpoints)} vmap {{ {choices} }}"]

    def _base(self) -> Iterator[str]:
        """The maps and the chains that are always there."""
        family, key = self.family, f"typeof {self._addressed}"
        kind = "ipv4_addr" if family is Family.IPV4 else "ipv6_addr"
        # A map for each protocol: nft 1.0.6 cannot add a rule on one that maps `th dport`s and has elements.
        endpoints = {
            _endpoints(slot, protocol): f"map|typeof {place} . {INDEX} : {place} ;"
            for slot in (Slot.ENDPOINTS, Slot.LOCAL_ENDPOINTS)
            for protocol in Protocol
            for place in [f"{family} daddr . {protocol} dport"]
        }
        collections: dict[str, str] = {
            **endpoints,
            Slot.SERVICES: f"map|{key} : verdict ;",
            Slot.SHORTCUTS: f"map|{key} : verdict ;",
            Slot.NO_ENDPOINTS: f"map|{key} : verdict ;",
            Slot.NO_NODE_PORT_ENDPOINTS: f"map|{key} : verdict ;",
            Slot.FIREWALLED: f"set|{key} ;",
            Slot.ALLOWED_SOURCES: f"set|{key} . {family} saddr ; flags interval ;",
            Slot.CLUSTER_IPS: f"set|type {kind} ;",
            Slot.HAIRPIN: f"set|type {kind} . {kind} ;",
        }
        for slot, text in collections.items():
            what, body = text.split("|")
            yield f"add {what} {family} {self.table} {slot} {{ {body} }}"
        rules = self._base_rules()
        for chain in rules:
            name, _, hook = chain.partition("|")
            yield f"add chain {family} {self.table} {name}" + (f" {{ type {hook} ; }}" if hook else "")
        for chain, lines in rules.items():
            yield from (f"add rule {family} {self.table} {chain.partition('|')[0]} {line}" for line in lines)

    def _base_rules(self) -> dict[str, list[str]]:
        """`name|type and hook` -> rules. Hooks and priorities are kube-proxy's (nftables mode)."""
        check_source = [
            f"ct state new {self._addressed} @{Slot.FIREWALLED} "
            f"{self._addressed} . {self.family} saddr != @{Slot.ALLOWED_SOURCES} drop"
        ]
        check_endpoints = [f"ct state new {self._addressed} vmap @{Slot.NO_ENDPOINTS}"]
        check_node_ports = [f"ct state new {self._addressed} vmap @{Slot.NO_NODE_PORT_ENDPOINTS}"]
        # An address of a Service, but none of its ports; and one of no Service, which would wander off.
        check_port = [f"ct state new {self.family} daddr @{Slot.CLUSTER_IPS} goto refuse"]
        if (services := self.node.service_cidr(self.family)) is not None:
            check_port.append(f"ct state new {self.family} daddr {services} drop")
        dispatch = [f"{self._addressed} vmap @{Slot.SERVICES}"]
        return {
            "refuse": ["reject"],
            "mark-for-masquerade": [f"meta mark set meta mark or {MASQUERADE_MARK:#x}"],
            "source-prerouting|filter hook prerouting priority dstnat - 10": check_source,
            "source-output|filter hook output priority -110": check_source,
            "filter-input|filter hook input priority filter": [*check_node_ports, *check_endpoints],
            "filter-forward|filter hook forward priority filter": [*check_endpoints, *check_port],
            "filter-output|filter hook output priority filter": [*check_endpoints, *check_port],
            "nat-prerouting|nat hook prerouting priority dstnat": dispatch,
            "nat-output|nat hook output priority -100": dispatch,
            "nat-postrouting|nat hook postrouting priority srcnat": self._masquerading(),
        }

    def _masquerading(self) -> list[str]:
        family, mark = self.family, f"{MASQUERADE_MARK:#x}"
        return [
            f"meta mark and {mark} == {mark} meta mark set meta mark xor {mark} masquerade fully-random",
            # A pod that reached itself through a Service would answer itself directly.
            f"{family} saddr . {family} daddr @{Slot.HAIRPIN} masquerade fully-random",
        ]


def _text(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _retired(changes: Iterable[Change]) -> Iterator[str]:
    for change in changes:
        if change.slot is Slot.CHAINS and isinstance(change.new, Absent):
            yield str(change.key)


def _without(family: Family, *tables: str) -> Iterator[str]:
    """Remove tables; `delete` needs them to be there, so they are added first."""
    for table in tables:
        yield from (f"add table {family} {table}", f"delete table {family} {table}")


def _address(address: Address) -> str:
    return f"{address.ip} . {address.protocol} . {address.port}"


def _name(change: Change) -> str:
    """The nft map or set that the element is in."""
    match change.key:
        case (Address(_, protocol, _), int()):
            return _endpoints(change.slot, protocol)
    return change.slot


def _endpoints(slot: Slot, protocol: Protocol) -> str:
    return f"{slot}-{protocol}"


def _place(target: Target) -> str:
    return f"[{target.ip}]:{target.port}" if ":" in target.ip else f"{target.ip}:{target.port}"


def _data(value: Value | Absent) -> str:
    match value:
        case Target(ip, port):
            return f" : {ip} . {port}"
        case Denial():
            return f" : {value}"
        case Route() | Spread() | Sticky() | Remembered():
            return f" : goto {value.chain}"
    return ""
