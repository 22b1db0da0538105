"""The configuration's text -> PoolConfig, judged whole: all faults at once, or none."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Final

from pydantic import ValidationError

from baremetal_lb.decide.pools import text as yaml_text
from baremetal_lb.decide.pools.entries import EntryError, host_bits, parse_address, parse_entry
from baremetal_lb.decide.pools.faults import faults, shown
from baremetal_lb.decide.pools.nodes import check_protocol, placement, selectors
from baremetal_lb.decide.pools.overlaps import Claimed, overlapping
from baremetal_lb.decide.pools.scalars import NUMBER
from baremetal_lb.decide.pools.schema import Document, PoolSection
from baremetal_lb.decide.pools.unusable import UNUSABLE
from baremetal_lb.model.errors import ConfigFault, ConfigRejected
from baremetal_lb.model.pools import (
    OnRemoval,
    Pool,
    PoolConfig,
    Protocol,
    ServiceAllocation,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from baremetal_lb.decide.pools.schema import Allocation
    from baremetal_lb.model.addresses import AddressRange

UNITS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
# Stand for what a broken pool lacks; bgp, so that its advertisements are not complained of for nothing.
PLACEHOLDERS: Final[dict[str, object]] = {"name": "-", "protocol": "bgp", "addresses": ["-"]}
COMMUNITY_FORM: Final = "two numbers of 16 bits, such as 65535:65282,"
DURATION: Final = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|s|m|h|d)")
LONGEST_DURATION: Final = 366 * UNITS["d"]
DURATION_FORM: Final = "a duration such as 30s, 5m or 1h30m"
MAX_POOLS: Final = 1_000
MAX_ENTRIES: Final = 10_000  # of addresses, in all pools
MAX_FAULTS: Final = 100  # told of one text: nobody reads more, and a text made to be wrong has no end of them


@dataclass(slots=True)
class _Reading:
    entries: list[Claimed] = field(default_factory=list)  # with the text's path as their owner
    faults: list[ConfigFault] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)

    def fault(self, path: str, message: str) -> None:
        self.faults.append(ConfigFault(path, message))


def parse_config(text: str, claimed: Sequence[Claimed] = ()) -> PoolConfig:
    """The pools of a configuration's text; ConfigRejected names every fault by path.

    Nothing else is raised, whatever the text: who may write it must not be able to end who reads it.
    """
    try:
        return _parse(text, claimed)
    except ConfigRejected:
        raise
    except (RecursionError, MemoryError, ArithmeticError, ValueError) as exc:
        raise ConfigRejected((ConfigFault("", f"can't be read: {type(exc).__name__}: {exc}"),)) from exc


def _parse(text: str, claimed: Sequence[Claimed]) -> PoolConfig:
    reading = _Reading()
    document = _document(reading, text)
    _check_size(document)
    pools = tuple(_pools(reading, document))
    reading.faults += islice(_overlaps((*UNUSABLE, *claimed), reading.entries), MAX_FAULTS + 1)
    _check_bgp(reading, document)
    if reading.faults:
        raise ConfigRejected(_told(reading.faults))
    return PoolConfig(pools, (*reading.warnings, *_warnings(pools, document)))


def _check_size(document: Document) -> None:
    """A configuration beyond the bounds is refused before more is made of it."""
    lists = [each.get("addresses") for each in document.address_pools if isinstance(each, dict)]
    entries = sum(len(each) for each in lists if isinstance(each, list))
    for count, most, what in (
        (len(document.address_pools), MAX_POOLS, "pools; at most {} are read"),
        (entries, MAX_ENTRIES, "entries in the lists of addresses; at most {} are read: write ranges"),
    ):
        if count > most:
            text = f"{count} {what.format(most)}"
            raise ConfigRejected((ConfigFault("address-pools", text),))


def _told(faults: Sequence[ConfigFault]) -> tuple[ConfigFault, ...]:
    """The faults that are told: in the end of a text that has too many it is said that there are more."""
    if len(faults) <= MAX_FAULTS:
        return tuple(faults)
    return (*faults[:MAX_FAULTS], ConfigFault("", f"there is more that is wrong than these {MAX_FAULTS}"))


def _warnings(pools: Sequence[Pool], document: Document) -> Iterator[str]:
    if not pools:
        yield "there are no address-pools: no Service gets an address"
    for pool in pools:
        if pool.protocol is Protocol.BGP:
            yield f'pool "{pool.name}" has protocol bgp: its addresses are given, but not announced yet'
    if document.peers:
        yield "peers are checked, but BGP is not spoken yet"


def _document(reading: _Reading, text: str) -> Document:
    value = yaml_text.load(text)
    if value is None:
        return Document()
    if not isinstance(value, dict):
        raise ConfigRejected((ConfigFault("", f"the configuration is {shown(value)}; expected a mapping"),))
    try:
        return Document.model_validate(value)
    except ValidationError as exc:
        reading.faults += islice(faults(exc, Document), MAX_FAULTS + 1)
        # The rest is still read for its faults: a person mends a file once, not once a fault.
        return Document.model_validate(_sound(value, exc))


def _pools(reading: _Reading, document: Document) -> Iterator[Pool]:
    for at, value in enumerate(document.address_pools):
        if len(reading.faults) > MAX_FAULTS:
            return
        _check_name(reading, f"address-pools[{at}]", value)
        try:
            section = PoolSection.model_validate(value)
        except ValidationError as exc:
            found = list(islice(faults(exc, PoolSection, ("address-pools", at)), MAX_FAULTS + 1))
            reading.faults += found
            known = {each.path for each in found}
            _read_ranges_of_broken_pool(reading, f"address-pools[{at}]", value, known)
            # What is sound in it is read for faults that only a later look finds, such as a cooldown's.
            rest = PoolSection.model_validate(PLACEHOLDERS | _sound(value, exc))
            rest = rest.model_copy(update={"addresses": []})
            _check_advertisements(reading, f"address-pools[{at}]", rest, document)
            _pool(reading, f"address-pools[{at}]", rest)
        else:
            _check_advertisements(reading, f"address-pools[{at}]", section, document)
            check_protocol(reading.fault, f"address-pools[{at}]", section)
            yield _pool(reading, f"address-pools[{at}]", section)


def _sound(value: object, error: ValidationError) -> dict[str, object]:
    """The entries of a mapping in which the error finds nothing wrong."""
    bad = {detail["loc"][0] for detail in error.errors(include_url=False) if detail["loc"]}
    entries = value.items() if isinstance(value, dict) else ()
    return {key: each for key, each in entries if isinstance(key, str) and key not in bad}


def _check_name(reading: _Reading, path: str, value: object) -> None:
    """Names are compared in pools that have other faults too."""
    name = value.get("name") if isinstance(value, dict) else None
    if not isinstance(name, str) or not name:
        return
    if name in reading.names:
        reading.fault(f"{path}.name", f"{name!r} is the name of {reading.names[name]} already")
    reading.names.setdefault(name, path)


def _read_ranges_of_broken_pool(reading: _Reading, path: str, value: object, known: set[str]) -> None:
    addresses = value.get("addresses") if isinstance(value, dict) else None
    entries = addresses if isinstance(addresses, list) else []
    for at, text in enumerate(entries):
        if isinstance(text, str) and f"{path}.addresses[{at}]" not in known:
            _entry(reading, f"{path}.addresses[{at}]", text)


def _pool(reading: _Reading, path: str, section: PoolSection) -> Pool:
    if section.bgp_advertisements and section.protocol != "bgp":
        reading.fault(f"{path}.bgp-advertisements", "is only for pools of protocol bgp; this one is layer2")
    entries = [_entry(reading, f"{path}.addresses[{at}]", text) for at, text in enumerate(section.addresses)]
    return Pool(
        name=section.name,
        ranges=tuple(entry for entry in entries if entry is not None),
        protocol=Protocol(section.protocol),
        auto_assign=section.auto_assign,
        avoid_buggy_ips=section.avoid_buggy_ips,
        skip_network_broadcast=section.skip_network_broadcast,
        allocation=_allocation(reading, f"{path}.service-allocation", section.service_allocation),
        cooldown=_seconds(reading, f"{path}.cooldown", section.cooldown, unitless=True),
        on_removal=OnRemoval(section.on_removal),
        placement=placement(reading.fault, path, section),
        description=section.description,
    )


def _entry(reading: _Reading, path: str, text: str) -> AddressRange | None:
    try:
        entry = parse_entry(text)
    except EntryError as exc:
        reading.fault(path, str(exc))
        return None
    if host_bits(text, entry):
        address = text.partition("/")[0].strip()
        reading.warnings.append(
            f"{path}: {text!r} has host bits set: it is taken for the network {entry}, which is "
            f"{entry.first}-{entry.last}; write {entry}, or {address} for the one address"
        )
    reading.entries.append(Claimed(path, entry))
    return entry


def _overlaps(claimed: Sequence[Claimed], entries: Sequence[Claimed]) -> Iterator[ConfigFault]:
    """What others have does not concern us where they overlap among themselves."""
    everything = [*claimed, *entries]
    for one, other in sorted(overlapping(everything), key=lambda pair: (pair[1], pair[0])):
        if other >= len(claimed):
            first, second = everything[one], everything[other]
            text = f"{str(second.range)!r} overlaps with {first.range} of {first.owner}"
            yield ConfigFault(second.owner, text)


def _allocation(reading: _Reading, path: str, section: Allocation | None) -> ServiceAllocation | None:
    if section is None:
        return None
    return ServiceAllocation(
        section.priority,
        frozenset(section.namespaces),
        selectors(reading.fault, f"{path}.namespace-selectors", section.namespace_selectors),
        selectors(reading.fault, f"{path}.service-selectors", section.service_selectors),
    )


def _seconds(reading: _Reading, path: str, text: str, *, unitless: bool = False) -> float:
    """A duration as in Go (`90s`, `1h30m`), or, where that is allowed, a plain number of seconds."""
    parts = DURATION.findall(text)
    if parts and "".join(number + unit for number, unit in parts) == text:
        seconds = sum(float(number) * UNITS[unit] for number, unit in parts)
    elif unitless and NUMBER.fullmatch(text):
        seconds = float(text)
    else:
        seconds = math.inf
    if 0 <= seconds <= LONGEST_DURATION:
        return seconds
    reading.fault(path, f"is {shown(text)}; expected {DURATION_FORM}, of a year at most")
    return 0.0


def _check_bgp(reading: _Reading, document: Document) -> None:
    _check_peers(reading, document)
    for name, value in document.bgp_communities.items():
        if not _is_community(value):
            reading.fault(f"bgp-communities.{name}", f"is {value!r}; expected {COMMUNITY_FORM}")


def _check_advertisements(reading: _Reading, path: str, section: PoolSection, document: Document) -> None:
    for at, each in enumerate(section.bgp_advertisements):
        for number, text in enumerate(each.communities):
            if text not in document.bgp_communities and not _is_community(text):
                where = f"{path}.bgp-advertisements[{at}].communities[{number}]"
                reading.fault(where, f"is {text!r}; expected {COMMUNITY_FORM} or a name of bgp-communities")


def _is_community(text: str) -> bool:
    """Two numbers of 16 bits (RFC 1997)."""
    parts = text.split(":")
    return len(parts) == 2 and all(
        part.isascii() and part.isdecimal() and len(part) < 6 and int(part) < 65536 for part in parts
    )


def _check_peers(reading: _Reading, document: Document) -> None:
    profiles = {profile.name for profile in document.bfd_profiles}
    for at, peer in enumerate(document.peers):
        for key, value in (
            ("peer-address", peer.peer_address),
            ("source-address", peer.source_address),
            ("router-id", peer.router_id),
        ):
            if value is not None and parse_address(value) is None:
                reading.fault(f"peers[{at}].{key}", f"is {value!r}; expected an IP address")
        for key, value in (("hold-time", peer.hold_time), ("keepalive-time", peer.keepalive_time)):
            if value is not None:
                _seconds(reading, f"peers[{at}].{key}", value)
        if peer.bfd_profile is not None and peer.bfd_profile not in profiles:
            reading.fault(
                f"peers[{at}].bfd-profile", f"is {peer.bfd_profile!r}; no such entry in bfd-profiles"
            )
