"""What a Service says of itself: read from its object, nothing asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from baremetal_lb.model import places

Object = dict[str, Any]
Question = Callable[[Object], str]
"""What an object still lacks, in words; nothing where it is as it should be."""

PREFIX: Final = "baremetal-lb.io/"


def addresses(service: Object) -> list[str]:
    """Its external addresses, as its status lists them."""
    ingress = service.get("status", {}).get("loadBalancer", {}).get("ingress", [])
    return [each["ip"] for each in ingress]


def announcers(service: Object) -> dict[str, str]:
    """The node that announces each address, by the words of its condition; none where nobody does."""
    found = condition(service, "Announced")
    told = places.read(found["message"]) if found.get("status") == "True" else ()
    return {str(address): place.node for place in told for address in place.addresses}


def condition(service: Object, name: str) -> dict[str, str]:
    """Its condition of ours; {} where it has none."""
    listed = service.get("status", {}).get("conditions", [])
    return next((each for each in listed if each["type"] == PREFIX + name), {})


def announced(service: Object) -> str:
    """A question: each of its addresses is announced by a node."""
    found = condition(service, "Announced")
    told = ": ".join(found[key] for key in ("reason", "message") if key in found)
    missing = [each for each in addresses(service) if each not in announcers(service)]
    if missing or not addresses(service):
        return f"{', '.join(missing) or 'it has no address'}: {told or refusal(service) or 'nothing is said'}"
    return ""


def refusal(service: Object) -> str:
    """Why it has no address, as its condition says it."""
    found = condition(service, "Allocated")
    return f"{found['reason']}: {found['message']}" if found else ""


def says(name: str, reason: str) -> Question:
    """A question: its condition of that name has that reason."""

    def lacking(service: Object) -> str:
        found = condition(service, name)
        return "" if found.get("reason") == reason else f"its condition {name} is {found or 'not there'}"

    return lacking


def announced_elsewhere(than: str) -> Question:
    """A question: another node than this one announces all of its addresses."""

    def lacking(service: Object) -> str:
        return announced(service) or (f"{than} announces it" if than in announcers(service).values() else "")

    return lacking


def every(question: Question, *names: str) -> Callable[[Mapping[str, Object]], str]:
    """The question, of each of these objects."""

    def lacking(objects: Mapping[str, Object]) -> str:
        found = {name: question(objects[name]) if name in objects else "it is not there" for name in names}
        return "; ".join(f"{name}: {missing}" for name, missing in found.items() if missing)

    return lacking
