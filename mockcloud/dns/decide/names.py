"""Domain names as they travel: labels with their lengths before them, a zero at the end, in lower case.

The one form needs no escapes, compares by bytes, and is what a question has in it already (RFC 1035 3.1;
lower case by RFC 4343, since the specification wants all comparisons without regard to case).
"""

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address
from typing import Final

Name = bytes
IPAddress = IPv4Address | IPv6Address

ROOT: Final[Name] = b"\0"
MOST_BYTES: Final = 255  # RFC 1035 2.3.4
MOST_LABEL: Final = 63
REVERSE_ZONES: Final[dict[int, Name]] = {4: b"\7in-addr\4arpa\0", 6: b"\3ip6\4arpa\0"}


def parse(text: str) -> Name:
    """The name of a dotted text, with or without the last dot; ValueError where it can be none."""
    labels = text.removesuffix(".").split(".") if text not in ("", ".") else []
    name = ROOT
    for label in reversed(labels):
        name = child(label, name)
    return name


def child(label: str, parent: Name) -> Name:
    """The name below `parent`; ValueError where the label or the whole is empty or too long."""
    raw = label.lower().encode("ascii", "strict")
    if not 1 <= len(raw) <= MOST_LABEL:
        msg = f"label {label!r}: expected 1 to {MOST_LABEL} characters"
        raise ValueError(msg)
    name = bytes([len(raw)]) + raw + parent
    if len(name) > MOST_BYTES:
        msg = f"{text(name)!r}: expected at most {MOST_BYTES} bytes"
        raise ValueError(msg)
    return name


def is_label(text: str) -> bool:
    """Whether `child` takes the text."""
    return 1 <= len(text) <= MOST_LABEL and text.isascii()


def parent_of(name: Name) -> Name:
    """The name without its first label; the root has no parent and must not be asked for it."""
    return name[1 + name[0] :]


def first_label(name: Name) -> str:
    """The first label as text; bytes that are no ASCII become escapes, and so match no label of ours."""
    return name[1 : 1 + name[0]].decode("ascii", "backslashreplace")


def upwards(name: Name) -> Iterator[Name]:
    """The name, its parent, and so on to the root."""
    while name != ROOT:
        yield name
        name = parent_of(name)
    yield ROOT


def is_below(name: Name, top: Name) -> bool:
    """Whether the name is `top` or anything below it."""
    # A suffix of bytes alone could begin inside a label.
    return name.endswith(top) and any(each == top for each in upwards(name))


def reverse(address: IPAddress) -> Name:
    """Where an address's PTR record is: dotted decimals (RFC 1035 3.5) or nibbles (RFC 3596 2.5)."""
    return parse(address.reverse_pointer)


def text(name: Name) -> str:
    """For people: dotted, with the last dot."""
    labels = [first_label(each) for each in upwards(name) if each != ROOT]
    return ".".join([*labels, ""]) or "."
