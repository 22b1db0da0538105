"""Takes out of an answer what may differ between any two clusters: identities, times, random addresses."""

import re
from typing import Any, Final

_SAFE: Final = "[bcdfghjklmnpqrstvwxz2456789]"
_TEXTS: Final = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"https://127\.0\.0\.1:\d+", "<server>"),
        (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "<uid>"),
        (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z", "<microtime>"),
        (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "<time>"),
        (r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d [+-]\d{4}", "<date>"),
        (rf"-{_SAFE}{{8,10}}\b", "-<hash>"),
        (rf"([-_]){_SAFE}{{5}}\b", r"\1<suffix>"),
        # The lowest 256 addresses and 86 ports are never given out at random: a test asked for those.
        (r"\b10\.96\.[1-9]\d*\.\d+\b", "<cluster-ip>"),
        (r"\bfd00:10:96::[0-9a-f]{3,4}\b", "<cluster-ip6>"),
        (r"(?<=:)3\d{4}(?=/)", "<node-port>"),
        (r"(?<=  )3\d{4}(?=/)", "<node-port>"),
        (r"(pod-template-hash=)\S+", r"\1<hash>"),
        (r"(nodePort: )3\d{4}$", r"\1<node-port>"),
        (r"(targetPort: )\d{5}$", r"\1<port>"),
        (r"(current: |object meta: |in record \()\d+", r"\1<version>"),
        (r'(resourceVersion\\?"?: ?\\?")\d+', r"\1<version>"),
        (r"\b\d+m?s\b", "<age>"),
        (r"(?<=  )\d+m(?:\d+s)?$", "<age>"),  # the last column of a table
    )
)
_VERSIONS: Final = (
    "resourceVersion",
    "continue",
    "uid",
    "pod-template-hash",
    "controller.kubernetes.io/hash",
)
_OWN_PROGRAMS: Final = ("kube-", "kubelet", "mockcloud")
_STATIC_PORTS: Final = range(30000, 30086)


def normal_text(text: str) -> str:
    """A text without what chance or the clock put into it."""
    for pattern, replacement in _TEXTS:
        text = pattern.sub(replacement, text)
    return text


def normal_lines(text: str) -> list[str]:
    """Printed output by lines; the width of columns depends on the values, so gaps become two spaces."""
    return [_line(line) for line in text.splitlines()]


def _line(text: str) -> str:
    text = re.sub(r"(?<=\S) {2,}", "  ", normal_text(text.expandtabs())).rstrip()
    label, colon, listed = text.partition("Endpoints:  ")
    # Which of several endpoints comes first depends on the order in which they came.
    return f"{label}{colon}{','.join(sorted(listed.split(',')))}" if colon else text


def _owners(entries: list[Any]) -> list[Any]:
    """Who owns what, but for the cluster's own programs, which write in steps of their own."""
    found = [normal(each) for each in entries if not str(each.get("manager", "")).startswith(_OWN_PROGRAMS)]
    parts = ("operation", "manager", "subresource")
    return sorted(found, key=lambda each: [each.get(name, "") for name in parts])


def normal(value: Any, key: str = "") -> Any:
    """A JSON value without what may differ between any two clusters."""
    match value:
        case dict():
            return {name: normal(each, name) for name, each in value.items()}
        case list() if key == "managedFields":
            return _owners(value)
        case list():
            return [normal(each) for each in value]
        case str() if key in _VERSIONS:
            return f"<{key}>" if value not in ("", "0") else value
        case str():
            return normal_text(value)
        case int() if key in ("nodePort", "healthCheckNodePort") and value not in _STATIC_PORTS:
            return f"<{key}>" if 30000 <= value <= 32767 else value
        case _:
            return value
