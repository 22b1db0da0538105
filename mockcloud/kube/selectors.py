"""Label and field selectors: text -> a predicate on objects, by the grammar of apimachinery."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from mockcloud.kube.json_types import JsonObject
from mockcloud.kube.resources.kind import Kind

Matches = Callable[[JsonObject], bool]

_REQUIREMENT: Final = re.compile(
    r"\s*(?:(?P<absent>!)\s*(?P<none>[^\s,=!()]+)"
    r"|(?P<key>[^\s,=!()<>]+)\s*(?:(?P<sign>==?|!=)\s*(?P<value>[^\s,=!()]*)"
    r"|\s(?P<word>in|notin)\s*\((?P<values>[^()]*)\)|(?P<order>[<>])\s*(?P<bound>[^\s,=!()]*))?)\s*(?:,|$)"
)
_LABEL_VALUE: Final = re.compile(r"(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?")
_INTEGER: Final = re.compile(r"[+-]?[0-9]{1,64}")
_LABEL_KEY: Final = re.compile(r"(?:[a-z0-9.-]{1,253}/)?[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")


class SelectorError(ValueError):
    """The selector's text is not one; the message says where."""


@dataclass(frozen=True, slots=True)
class Selector:
    """What a LIST or WATCH asks for; matches everything by default."""

    label_terms: tuple[Matches, ...] = ()
    field_terms: tuple[Matches, ...] = ()

    @property
    def everything(self) -> bool:
        """Whether no object can fail to match."""
        return not (self.label_terms or self.field_terms)

    def matches(self, obj: JsonObject) -> bool:
        """Whether the object has the labels and fields."""
        return all(term(obj) for term in self.field_terms) and all(term(obj) for term in self.label_terms)


def parse_selector(kind: Kind, labels: str, fields: str) -> Selector:
    """The selector of a request's labelSelector and fieldSelector."""
    return Selector(parse_labels(labels), parse_fields(kind, fields))


def parse_labels(text: str) -> tuple[Matches, ...]:
    """The terms of a label selector, all of which must hold."""
    terms: list[Matches] = []
    position = 0
    while position < len(text.rstrip()):
        found = _REQUIREMENT.match(text, position)
        if found is None or found.end() == position:
            msg = f"unable to parse requirement: found '{text[position:].strip()}', expected: identifier"
            raise SelectorError(msg)
        terms.append(_label_term(found))
        position = found.end()
    if text.rstrip().endswith(","):
        msg = "unable to parse requirement: found '', expected: identifier after ','"
        raise SelectorError(msg)
    return tuple(terms)


def _label_term(found: re.Match[str]) -> Matches:
    key = _checked_key(found["none"] or found["key"])
    if found["absent"]:
        return lambda obj: key not in _labels(obj)
    if found["order"]:
        return _ordered(key, found["order"], found["bound"])
    if found["sign"] is not None:
        return _member(key, [found["value"]], wanted=found["sign"] != "!=")
    if found["word"] is not None:
        return _member(
            key, [value.strip() for value in found["values"].split(",")], wanted=found["word"] == "in"
        )
    return lambda obj: key in _labels(obj)


def _checked_key(key: str) -> str:
    if not _LABEL_KEY.fullmatch(key):
        msg = f'unable to parse requirement: <nil>: Invalid value: "{key}": not a qualified name'
        raise SelectorError(msg)
    return key


def _member(key: str, values: list[str], *, wanted: bool) -> Matches:
    for value in values:
        if not _LABEL_VALUE.fullmatch(value):
            msg = (
                f'unable to parse requirement: values[0][{key}]: Invalid value: "{value}": '
                "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.'"
            )
            raise SelectorError(msg)
    accepted = frozenset(values)
    if wanted:
        return lambda obj: _labels(obj).get(key) in accepted
    # An object without the label is not one of the values either.
    return lambda obj: _labels(obj).get(key) not in accepted


def _ordered(key: str, sign: str, bound: str) -> Matches:
    if not _INTEGER.fullmatch(bound):
        msg = f'unable to parse requirement: values[0][{key}]: Invalid value: "{bound}": must be an integer'
        raise SelectorError(msg)
    limit = int(bound)

    def compare(obj: JsonObject) -> bool:
        value = _labels(obj).get(key, "")
        if not _INTEGER.fullmatch(value):
            return False
        return int(value) > limit if sign == ">" else int(value) < limit

    return compare


def _labels(obj: JsonObject) -> dict[str, str]:
    return obj["metadata"].get("labels") or {}


def parse_fields(kind: Kind, text: str) -> tuple[Matches, ...]:
    """The terms of a field selector; only the kind's own field labels are taken."""
    terms: list[Matches] = []
    for part in (part for part in text.split(",") if part):
        found = re.fullmatch(r"([^=!]+)(==|=|!=)(.*)", part)
        if found is None:
            msg = f"invalid selector: '{part}'; can't understand '{part}'"
            raise SelectorError(msg)
        terms.append(_field_term(kind, found[1], found[3], wanted=found[2] != "!="))
    return tuple(terms)


def _field_term(kind: Kind, label: str, value: str, *, wanted: bool) -> Matches:
    path, absent = _field_path(kind, label)

    def compare(obj: JsonObject) -> bool:
        return (_text_at(obj, path, absent) == value) is wanted

    return compare


def _field_path(kind: Kind, label: str) -> tuple[tuple[str, ...], str | tuple[str, ...]]:
    if label == "metadata.name" or (label == "metadata.namespace" and kind.namespaced):
        return tuple(label.split(".")), ""
    if label not in kind.field_labels:
        msg = f"field label not supported: {label}"
        if not kind.field_labels:
            msg = f'"{label}" is not a known field selector: only "metadata.name", "metadata.namespace"'
        raise SelectorError(msg)
    return kind.field_labels[label]


def _text_at(obj: JsonObject, path: tuple[str, ...], absent: str | tuple[str, ...]) -> str:
    found: object = obj
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    if isinstance(found, bool):
        return str(found).lower()
    if found is None:
        return absent if isinstance(absent, str) else _text_at(obj, absent, "")
    return str(found)
