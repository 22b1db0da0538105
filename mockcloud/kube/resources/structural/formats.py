"""The formats of texts that are checked; any other says something to people only (kube-openapi's strfmt)."""

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from email.utils import parseaddr
from functools import partial
from ipaddress import AddressValueError, IPv4Address, IPv6Address, ip_network
from typing import Final
from urllib.parse import urlsplit

from mockcloud.kube.resources.validation.formats import dns_1123_label, dns_1123_subdomain

_HEX: Final = "[0-9a-f]"
_PAIR: Final = f"{_HEX}{{2}}"
_HOSTNAME: Final = re.compile(
    r"(?:[A-Za-z0-9\u00a1-\uffff](?:[-A-Za-z0-9\u00a1-\uffff]{0,61}[A-Za-z0-9\u00a1-\uffff])?\.)*"
    r"[A-Za-z0-9\u00a1-\uffff](?:[-A-Za-z0-9\u00a1-\uffff]{0,61}[A-Za-z0-9\u00a1-\uffff])?\.?"
)
_DATE_TIME: Final = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d)(\.\d+)?([Zz]|[+-]\d\d:\d\d)?", re.ASCII
)
_DURATION_PART: Final = r"\d+(?:\.\d+)?\s*(?:µs|[a-z]+)"  # one way to read each part: no text takes long
_PATTERNS: Final[Mapping[str, str]] = {
    "bsonobjectid": f"{_HEX}{{24}}",
    "creditcard": r"(?:4\d{12}(?:\d{3})?|5[1-5]\d{14}|6(?:011|5\d\d)\d{12}|3[47]\d{13})",
    "duration": rf"[-+]?(?:0|(?:{_DURATION_PART}\s*)+)",
    "hexcolor": f"#?(?:{_HEX}{{3}}|{_HEX}{{6}})",
    "isbn": r"(?:\d[- ]?){9}[\dx]|(?:\d[- ]?){12}\d",
    "isbn10": r"(?:\d[- ]?){9}[\dx]",
    "isbn13": r"(?:\d[- ]?){12}\d",
    "mac": rf"{_PAIR}(?:[:-]{_PAIR}){{5}}|{_PAIR}(?:[:-]{_PAIR}){{7}}|{_HEX}{{4}}(?:\.{_HEX}{{4}}){{2,3}}",
    "rgbcolor": r"rgb\(\s*\d{1,3}\s*(?:,\s*\d{1,3}\s*){2}\)",
    "ssn": r"\d{3}[- ]?\d{2}[- ]?\d{4}",
    "uuid": f"{_HEX}{{8}}-?{_HEX}{{4}}-?{_HEX}{{4}}-?{_HEX}{{4}}-?{_HEX}{{12}}",
    "uuid3": f"{_HEX}{{8}}-?{_HEX}{{4}}-?3{_HEX}{{3}}-?{_HEX}{{4}}-?{_HEX}{{12}}",
    "uuid4": f"{_HEX}{{8}}-?{_HEX}{{4}}-?4{_HEX}{{3}}-?[89ab]{_HEX}{{3}}-?{_HEX}{{12}}",
    "uuid5": f"{_HEX}{{8}}-?{_HEX}{{4}}-?5{_HEX}{{3}}-?[89ab]{_HEX}{{3}}-?{_HEX}{{12}}",
}


def known(format_name: str) -> str:
    """The format as it is checked, "" for one that is not."""
    return format_name if format_name.replace("-", "") in _CHECKS else ""


def fits(format_name: str, text: str) -> bool:
    """Whether the text has the format, or the format is none that is checked."""
    check = _CHECKS.get(format_name.replace("-", ""))
    return check is None or check(text)


def _matches(pattern: str, text: str) -> bool:
    return re.fullmatch(pattern, text, re.ASCII | re.IGNORECASE) is not None


def _parses(parse: Callable[[str], object], text: str) -> bool:
    try:
        parse(text)
    except (ValueError, AddressValueError, binascii.Error):
        return False
    return True


def _is_date_time(text: str) -> bool:
    found = _DATE_TIME.fullmatch(text)
    return found is not None and _parses(datetime.fromisoformat, f"{found[1]}T{found[2]}")


def _is_network(text: str) -> bool:
    return "/" in text and _parses(partial(ip_network, strict=False), text)


def _is_uri(text: str) -> bool:
    return _parses(urlsplit, text) and (text.startswith("/") or bool(urlsplit(text).scheme))


def _is_email(text: str) -> bool:
    name, _, domain = parseaddr(text)[1].rpartition("@")
    return bool(name and domain)


def _is_base64(text: str) -> bool:
    return _parses(partial(base64.b64decode, validate=True), text)


_CHECKS: Final[Mapping[str, Callable[[str], bool]]] = {
    **{name: partial(_matches, pattern) for name, pattern in _PATTERNS.items()},
    "byte": _is_base64,
    "cidr": _is_network,
    "date": partial(_parses, date.fromisoformat),
    "datetime": _is_date_time,
    "email": _is_email,
    "hostname": lambda text: len(text) <= 253 and _HOSTNAME.fullmatch(text) is not None,
    "ipv4": partial(_parses, IPv4Address),
    "ipv6": partial(_parses, IPv6Address),
    "k8slongname": lambda text: not dns_1123_subdomain(text),
    "k8sshortname": lambda text: not dns_1123_label(text),
    "password": lambda _text: True,
    "uri": _is_uri,
}
