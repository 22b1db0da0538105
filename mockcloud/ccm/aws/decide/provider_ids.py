"""providerIDs: which instance a Node is. aws:///ZONE/INSTANCE, or the instance's id alone."""

import re
from collections.abc import Iterable
from typing import Final

from mockcloud.ccm.objects.nodes import Node

INSTANCE: Final = re.compile(r"(?:aws://.*/)?(i-[^/]+)/*")


def instance_id(provider_id: str) -> str | None:
    """The instance that it names; None where it names none."""
    found = INSTANCE.fullmatch(provider_id)
    return found[1] if found else None


def instance_ids(nodes: Iterable[Node]) -> list[str]:
    """Those of nodes that have one: others are nobody's targets."""
    return [found for each in nodes if (found := instance_id(each.provider_id))]


def provider_id(zone: str, instance: str) -> str:
    """As a Node has it."""
    return f"aws:///{zone}/{instance}"
