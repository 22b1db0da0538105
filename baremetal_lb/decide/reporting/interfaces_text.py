"""A node's interfaces as the text of an object in the API, and back. Nothing is taken on trust.

{"version":1,"node":"node-1","running":true,"interfaces":[{"name":"eth0","mac":"02:..","addresses":[..]}]}
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from baremetal_lb.decide.node_interfaces import MOST_ADDRESSES, MOST_INTERFACES
from baremetal_lb.decide.pools.entries import parse_address
from baremetal_lb.decide.reporting.text import Interface, Mac, NodeName, plain
from baremetal_lb.model.node_interfaces import NodeInterface, NodeInterfaces
from baremetal_lb.model.reports import Flaw, Unusable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from baremetal_lb.model.addresses import IPAddress

VERSION: Final = 1
LIMIT: Final = 400_000  # characters; the most that `write` makes is less


class _Interface(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True, frozen=True)
    name: Interface
    mac: Mac | None = None
    addresses: Annotated[list[str], Field(max_length=MOST_ADDRESSES)] = []


class _Document(BaseModel):
    # What a newer speaker adds is passed over: versions differ while a DaemonSet is rolled out.
    model_config = ConfigDict(extra="ignore", strict=True, frozen=True)
    version: int
    node: NodeName
    running: bool
    interfaces: Annotated[list[_Interface], Field(max_length=MOST_INTERFACES)] = []


def write(told: NodeInterfaces) -> str:
    """The text; equal values have equal texts."""
    document = {
        "version": VERSION,
        "node": told.node,
        "running": told.running,
        "interfaces": [
            {
                "name": plain(each.name),
                "mac": each.mac.hex(":") or None,
                "addresses": [str(address) for address in each.addresses],
            }
            for each in told.interfaces
        ],
    }
    return orjson.dumps(document).decode()


def read(text: str, node: str) -> NodeInterfaces | Unusable:
    """What the object of that node tells, or what is wrong with it."""
    if len(text) > LIMIT:
        return Unusable(Flaw.TOO_LONG, f"{len(text)} characters; expected at most {LIMIT}")
    try:
        document = _Document.model_validate_json(text)
    except ValidationError as exc:
        first = exc.errors()[0]
        where = ".".join(map(str, first["loc"])) or "interfaces"
        return Unusable(Flaw.MALFORMED, f"{where}: {first['msg']}")
    if document.version != VERSION:
        return Unusable(Flaw.VERSION, f"version {document.version}; expected {VERSION}")
    if document.node != node:
        return Unusable(Flaw.OTHER_NODE, f"speaks of node {document.node!r}; expected {node!r}")
    interfaces = (
        NodeInterface(
            each.name, bytes.fromhex((each.mac or "").replace(":", "")), tuple(_read(each.addresses))
        )
        for each in document.interfaces
    )
    return NodeInterfaces(node, tuple(interfaces), document.running)


def _read(texts: Iterable[str]) -> Iterable[IPAddress]:
    return (address for text in texts if (address := parse_address(text)))
