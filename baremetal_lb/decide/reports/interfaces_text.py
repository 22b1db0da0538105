"""A node's interfaces as the text of an object in the API, and back. Nothing is taken on trust.

{"version":1,"node":"node-1","running":true,"interfaces":[{"name":"eth0","mac":"02:..","addresses":[..]}]}
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import orjson
from pydantic import BaseModel, ConfigDict, Field

from baremetal_lb.decide.node_interfaces import MOST_ADDRESSES, MOST_INTERFACES
from baremetal_lb.decide.pools.entries import parse_address
from baremetal_lb.decide.reports.text import Form, Interface, Mac, SpokenDocument, plain, read_document
from baremetal_lb.model.node_interfaces import NodeInterface, NodeInterfaces
from baremetal_lb.model.reports import Unusable

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


class _Document(SpokenDocument):
    running: bool
    interfaces: list[_Interface] = Field(default_factory=list, max_length=MOST_INTERFACES)


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
    document = read_document(_Document, text, node, Form("interfaces", VERSION, LIMIT))
    if isinstance(document, Unusable):
        return document
    interfaces = (
        NodeInterface(
            each.name, bytes.fromhex((each.mac or "").replace(":", "")), tuple(_read(each.addresses))
        )
        for each in document.interfaces
    )
    return NodeInterfaces(node, tuple(interfaces), document.running)


def _read(texts: Iterable[str]) -> Iterable[IPAddress]:
    return (address for text in texts if (address := parse_address(text)))
