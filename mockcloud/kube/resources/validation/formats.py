"""Names, labels, ports and addresses: why a text is not one, in upstream's words.

Source: k8s.io/apimachinery v0.34 `pkg/util/validation`. A check returns its complaints, [] where it has none.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

from mockcloud.kube.decimals import is_decimal
from mockcloud.kube.field_errors import Cause, invalid

Check = Callable[[str], list[str]]
Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
PROTOCOLS: Final = ("SCTP", "TCP", "UDP")

_LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = _LABEL + r"(\." + _LABEL + ")*"
_SEARCH_LABEL = "_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?"
_SEARCH_DOMAIN = _SEARCH_LABEL + r"(\." + _SEARCH_LABEL + ")*"
_DNS_1035 = "[a-z]([-a-z0-9]*[a-z0-9])?"
_QUALIFIED = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_LABEL_VALUE = f"({_QUALIFIED})?"
_CONFIG_KEY = "[-._a-zA-Z0-9]+"
_PERCENT = "[0-9]+%"
_HTTP_PATH = "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+"

_QUALIFIED_TEXT = (
    "must consist of alphanumeric characters, '-', '_' or '.',"
    " and must start and end with an alphanumeric character"
)


def dns_1123_label(value: str) -> list[str]:
    """A name without dots, at most 63 characters."""
    if re.fullmatch(_SUBDOMAIN, value) and "." in value:
        return [*_length(value, 63), "must not contain dots"]
    text = (
        "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-',"
        " and must start and end with an alphanumeric character"
    )
    return _length(value, 63) + _pattern(value, _LABEL, text, "my-name", "123-abc")


def dns_1123_subdomain(value: str) -> list[str]:
    """Labels joined by dots, at most 253 characters."""
    text = (
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.',"
        " and must start and end with an alphanumeric character"
    )
    return _length(value, 253) + _pattern(value, _SUBDOMAIN, text, "example.com")


def wildcard_dns_1123_subdomain(value: str) -> list[str]:
    """All names below one: `*.example.com`."""
    text = (
        "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain,"
        " which must consist of lower case alphanumeric characters, '-' or '.' and end with an"
        " alphanumeric character"
    )
    return _length(value, 253) + _pattern(value, r"\*\." + _SUBDOMAIN, text, "*.example.com")


def dns_1035_label(value: str) -> list[str]:
    """A label that starts with a letter: a Service's name."""
    text = (
        "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic"
        " character, and end with an alphanumeric character"
    )
    return _length(value, 63) + _pattern(value, _DNS_1035, text, "my-name", "abc-123")


def qualified_name(value: str) -> list[str]:
    """A label's key: `name` or `prefix/name`."""
    parts = value.split("/")
    if len(parts) > 2:
        shape = _sentence(_QUALIFIED_TEXT, _QUALIFIED, ("MyName", "my.name", "123-abc"))
        hint = "with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
        return [f"a qualified name {shape} {hint}"]
    complaints: list[str] = []
    if len(parts) == 2:
        of_prefix = dns_1123_subdomain(parts[0]) if parts[0] else ["must be non-empty"]
        complaints += [f"prefix part {each}" for each in of_prefix]
    name = parts[-1]
    of_name = _length(name, 63) if name else ["must be non-empty"]
    of_name += _pattern(name, _QUALIFIED, _QUALIFIED_TEXT, "MyName", "my.name", "123-abc")
    return complaints + [f"name part {each}" for each in of_name]


def search_domain(value: str) -> list[str]:
    """A domain of a resolver's search list, which may have underscores."""
    text = (
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.',"
        " and must start and end with an alphanumeric character"
    )
    return _length(value, 253) + _pattern(value, _SEARCH_DOMAIN, text, "example.com")


def header_name(value: str) -> list[str]:
    """The name of an HTTP header."""
    text = "a valid HTTP header must consist of alphanumeric characters or '-'"
    return _pattern(value, "[-A-Za-z0-9]+", text, "X-Header-Name")


def label_value(value: str) -> list[str]:
    """A label's value; it may be empty."""
    text = (
        "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.',"
        " and must start and end with an alphanumeric character"
    )
    return _length(value, 63) + _pattern(value, _LABEL_VALUE, text, "MyValue", "my_value", "12345")


def config_key(value: str) -> list[str]:
    """A key of a ConfigMap or Secret: it becomes a file's name."""
    text = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'"
    complaints = _length(value, 253) + _pattern(value, _CONFIG_KEY, text, "key.name", "KEY_NAME", "key-name")
    if value in (".", ".."):
        complaints.append(f"must not be '{value}'")
    elif value.startswith(".."):
        complaints.append("must not start with '..'")
    return complaints


def environment_name(value: str) -> list[str]:
    """An environment variable's name: printable ASCII without `=`."""
    if not value:
        return ["environment variable name must be non-empty"]
    if all(" " <= each <= "~" and each != "=" for each in value):
        return []
    return [
        "a valid environment variable name must consist only of printable ASCII characters other than '='"
    ]


def path_segment(value: str) -> list[str]:
    """A name that may stand in a URL's path as it is: those of roles hold colons."""
    if value in (".", ".."):
        return [f"may not be '{value}'"]
    return [f"may not contain '{each}'" for each in ("/", "%") if each in value]


def domain_prefixed_path(value: str) -> list[str]:
    """Whose it is, and which: `acme.io/foo`."""
    domain, _, path = value.partition("/")
    if not domain or not path:
        return ['must be a domain-prefixed path (such as "acme.io/foo")']
    return [*dns_1123_subdomain(domain), *_pattern(path, _HTTP_PATH, "Invalid path")]


def percent(value: str) -> list[str]:
    """A percentage such as `25%`."""
    text = "a valid percent string must be a numeric string followed by an ending '%'"
    return _pattern(value, _PERCENT, text, "1%", "93%")


def port_number(value: int) -> list[str]:
    """A port: 1 to 65535."""
    return [] if 1 <= value <= 65535 else [between(1, 65535)]


def port_name(value: str) -> list[str]:
    """An IANA service name: at most 15 characters."""
    complaints = _length(value, 15)
    if not re.fullmatch("[-a-z0-9]+", value):
        complaints.append("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)")
    if not re.search("[a-z]", value):
        complaints.append("must contain at least one letter (a-z)")
    if "--" in value:
        complaints.append("must not contain consecutive hyphens")
    if value[:1] == "-" or value[-1:] == "-":
        complaints.append("must not begin or end with a hyphen")
    return complaints


def port_number_or_name(value: int | str) -> list[str]:
    """A targetPort or a probe's port."""
    return port_name(value) if isinstance(value, str) else port_number(value)


def between(low: int, high: int) -> str:
    """The complaint of a number out of bounds."""
    return f"must be between {low} and {high}, inclusive"


def parsed_address(text: str) -> Address | None:
    """The IP address; leading zeros are dropped, as upstream allows in old fields. No zones."""
    try:
        return None if "%" in text else ip_address(_without_leading_zeros(text))
    except ValueError:
        return None


def meant_address(found: Address) -> Address:
    """The address that packets are sent to: one mapped into IPv6 (RFC 4291, 2.5.5.2) means the IPv4 one."""
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found


def is_proxyable(text: str) -> bool:
    """Whether the API may call a server there for its clients (IsGlobalUnicast): not itself, no group."""
    found = parsed_address(text)
    if found is None:
        return False
    meant = meant_address(found)
    special = meant.is_unspecified or meant.is_loopback or meant.is_link_local or meant.is_multicast
    return not special and meant != _BROADCAST


def parsed_network(text: str) -> Network | None:
    """The CIDR; bits beyond the prefix are allowed."""
    address, slash, length = text.partition("/")
    if not slash or not is_decimal(length):
        return None
    try:
        return ip_network(f"{_without_leading_zeros(address)}/{length}", strict=False)
    except ValueError:
        return None


def address(value: str) -> list[str]:
    """An IP address of either family."""
    return [] if parsed_address(value) else ["must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"]


def canonical_ipv6(value: str) -> list[str]:
    """An IPv6 address as RFC 5952 writes it; one of IPv4 may be in the old forms, which the family tells."""
    found = parsed_address(value)
    if found is None:
        return address(value)
    if found.version == 4:
        return [] if value == str(found) else ["must not have leading 0s"]
    if meant_address(found) != found:
        return ["must not be an IPv4-mapped IPv6 address"]
    return [] if value == str(found) else [f'must be in canonical form ("{found}")']


def network(value: str) -> list[str]:
    """A CIDR of either family."""
    return (
        [] if parsed_network(value) else ["must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"]
    )


def endpoint_address(value: str) -> list[str]:
    """An address that traffic can be sent to: not unspecified, loopback or link-local."""
    parsed = parsed_address(value)
    if parsed is None:
        return address(value)
    found = meant_address(parsed)
    complaints = [f"may not be unspecified ({value})"] if found.is_unspecified else []
    if found.is_loopback:
        complaints.append("may not be in the loopback range (127.0.0.0/8, ::1/128)")
    if found.is_link_local:
        complaints.append("may not be in the link-local range (169.254.0.0/16, fe80::/10)")
    if any(found in each for each in _LINK_LOCAL_MULTICAST if each.version == found.version):
        complaints.append("may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)")
    return complaints


def causes(field: str, value: object, complaints: Iterable[str]) -> list[Cause]:
    """One `Invalid value` a complaint."""
    return [invalid(field, value, each) for each in complaints]


_BROADCAST: Final = IPv4Address("255.255.255.255")
_LINK_LOCAL_MULTICAST: Sequence[Network] = (IPv4Network("224.0.0.0/24"), IPv6Network("ff02::/16"))


def _without_leading_zeros(text: str) -> str:
    return re.sub(r"(?<![\d:.])0+(?=\d)|(?<=\.)0+(?=\d)", "", text) if ":" not in text else text


def _length(value: str, limit: int) -> list[str]:
    return [f"must be no more than {limit} characters"] if len(value.encode()) > limit else []


def _pattern(value: str, pattern: str, text: str, *examples: str) -> list[str]:
    return [] if re.fullmatch(pattern, value) else [_sentence(text, pattern, examples)]


def _sentence(text: str, pattern: str, examples: Sequence[str]) -> str:
    shown = " or ".join(f"'{each}', " for each in examples)
    return f"{text} (e.g. {shown}regex used for validation is '{pattern}')"


def family_of(address: str) -> str:
    """The IP family of an address or network: IPv4 or IPv6."""
    return "IPv6" if ":" in address else "IPv4"
