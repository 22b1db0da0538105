"""Formats that texts are held against: `format.dns1123Label().validate('a')` says what is wrong."""

import base64
import binascii
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from mockcloud.kube.resources.cel.declarations import Row
from mockcloud.kube.resources.cel.errors import EvaluationError
from mockcloud.kube.resources.cel.functions.urls import is_url
from mockcloud.kube.resources.cel.times import parsed_timestamp
from mockcloud.kube.resources.cel.values import NONE, Optional, some
from mockcloud.kube.resources.validation.formats import (
    dns_1035_label,
    dns_1123_label,
    dns_1123_subdomain,
    label_value,
    qualified_name,
)

Check = Callable[[str], list[str]]
_UUID: Final = re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Format:
    """A named format."""

    name: str
    cel_type: str = field(default="kubernetes.NamedFormat", compare=False)

    def validate(self, text: str) -> Optional:
        """What is wrong with the text; nothing where nothing is."""
        found = _CHECKS[self.name](text)
        return some(found) if found else NONE


def _prefix(check: Check) -> Check:
    """A generated name's beginning may end in a dash."""
    return lambda text: check(f"{text[:-1]}a" if text.endswith("-") else text)


def _parses(parse: Callable[[str], object], complaint: str) -> Check:
    def check(text: str) -> list[str]:
        try:
            return [] if parse(text) else [complaint]
        except (EvaluationError, ValueError, binascii.Error):
            return [complaint]

    return check


def _is_base64(text: str) -> bool:
    base64.b64decode(text, validate=True)
    return True


_CHECKS: Final[dict[str, Check]] = {
    "dns1123Label": dns_1123_label,
    "dns1123Subdomain": dns_1123_subdomain,
    "dns1035Label": dns_1035_label,
    "qualifiedName": qualified_name,
    "dns1123LabelPrefix": _prefix(dns_1123_label),
    "dns1123SubdomainPrefix": _prefix(dns_1123_subdomain),
    "dns1035LabelPrefix": _prefix(dns_1035_label),
    "labelValue": label_value,
    "uri": _parses(is_url, "invalid URI"),
    "uuid": _parses(_UUID.fullmatch, "does not match the UUID format"),
    "byte": _parses(_is_base64, "invalid base64"),
    "date": _parses(date.fromisoformat, "invalid date"),
    "datetime": _parses(parsed_timestamp, "invalid datetime"),
}


def _named(name: str) -> Optional:
    return some(Format(name)) if name in _CHECKS else NONE


def _constants() -> Iterator[Row]:
    for name in _CHECKS:
        found = Format(name)
        yield f"format.{name}() -> Format", lambda found=found: found


ROWS: Final[tuple[Row, ...]] = (
    *_constants(),
    ("format.named(string) -> optional<Format>", _named),
    ("Format :: validate(string) -> optional<list<string>>", Format.validate),
)
