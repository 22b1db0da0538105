"""The configuration's text -> PoolConfig, judged whole: all faults at once, or none."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from pydantic import ValidationError

from baremetal_lb.decide.pools import text as yaml_text
from baremetal_lb.decide.pools.entries import EntryError, parse_address, parse_entry
from baremetal_lb.decide.pools.faults import faults, shown
from baremetal_lb.decide.pools.nodes import check_protocol, placement, selectors
from baremetal_lb.decide.pools.overlaps import Claimed, overlapping
from baremetal_lb.decide.pools.schema import Document, PoolSection
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
DURATION: Final = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")


@dataclass(slots=True)
class _Reading:
    entries: list[Claimed] = field(default_factory=list)  # with the text's path as their owner
    faults: list[ConfigFault] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)

    def fault(self, path: str, message: str) -> None:
        self.faults.append(ConfigFault(path, message))


def parse_config(text: str, claimed: Sequence[Claimed] = ()) -> PoolConfig:
    """The pools of a configuration's text; ConfigRejected names every fault by path."""
    reading = _Reading()
    document = _document(reading, text)
    pools = tuple(_pools(reading, document))
    reading.faults += _overlaps(claimed, reading.entries)
    _check_bgp(reading, document)
    if reading.faults:
        raise ConfigRejected(tuple(reading.faults))
    return PoolConfig(pools, tuple(_warnings(pools, document)))


def _warnings(pools: Sequence[Pool], document: Document) -> Iterator[str]:
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
        reading.faults += faults(exc)
        # The rest is still read for its faults: a person mends a file once, not once a fault.
        return Document.model_validate(_sound(value, exc))


def _pools(reading: _Reading, document: Document) -> Iterator[Pool]:
    for at, value in enumerate(document.address_pools):
        _check_name(reading, f"address-pools[{at}]", value)
        try:
            section = PoolSection.model_validate(value)
        except ValidationError as exc:
            found = faults(exc, ("address-pools", at))
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
        cooldown=_seconds(reading, f"{path}.cooldown", section.cooldown),
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


def _seconds(reading: _Reading, path: str, value: str | float) -> float:
    """A duration as in Go (`90s`, `1h30m`), or a plain number of seconds."""
    if isinstance(value, str):
        parts = DURATION.findall(value)
        if not parts or "".join(number + unit for number, unit in parts) != value:
            reading.fault(path, f"is {value!r}; expected a duration such as 30s, 5m or 1h30m")
            return 0.0
        return sum(float(number) * UNITS[unit] for number, unit in parts)
    if value < 0 or isinstance(value, bool):
        reading.fault(path, f"is {value!r}; expected a duration such as 30s, 5m or 1h30m")
    return float(value)


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
        part.isascii() and part.isdecimal() and int(part) < 65536 for part in parts
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
