"""Lists: which of many, in which order, which page of them."""

from __future__ import annotations

from math import ceil
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

from mockcloud.cloud.core.numbers import number_within
from mockcloud.cloud.hetzner.replies import Json, Request, invalid
from mockcloud.kube.selectors import SelectorError, parse_labels

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from mockcloud.cloud.core.values import Labels

PER_PAGE: Final = 25
MOST_PER_PAGE: Final = 50


class Labelled(Protocol):
    """Has labels."""

    @property
    def labels(self) -> Labels: ...


L = TypeVar("L", bound=Labelled)
T = TypeVar("T")


def selected(selector: str, among: Iterable[L]) -> list[L]:
    """Those whose labels match, by the grammar that Kubernetes has too; Fault where the text is none."""
    try:
        terms = parse_labels(selector)
    except SelectorError as error:
        raise invalid({"label_selector": [str(error)]}) from error
    return [each for each in among if all(term({"metadata": {"labels": each.labels}}) for term in terms)]


def chosen(request: Request, among: Sequence[Any]) -> list[Any]:
    """By name and label_selector; then sorted as `sort` says (id, name, created, with :asc or :desc)."""
    found = list(among)
    if name := request.one("name"):
        found = [each for each in found if each.name == name]
    if selector := request.one("label_selector"):
        found = selected(selector, found)
    for wanted in reversed(request.all("sort")):
        key, _, direction = wanted.partition(":")
        if key not in ("id", "name", "created") or direction not in ("", "asc", "desc"):
            raise invalid({"sort": [f"'{wanted}' is not supported"]})
        found.sort(key=attrgetter(key), reverse=direction == "desc")
    return found


def page(request: Request, name: str, among: Sequence[T], render: Callable[[T], Json]) -> Json:
    """One page of a list, with where it is among all; only what is on it is rendered."""
    number, size = _number(request, "page", 1), _number(request, "per_page", PER_PAGE)
    size = min(size, MOST_PER_PAGE)
    last = max(1, ceil(len(among) / size))
    shown = among[(number - 1) * size : number * size]
    return {
        name: [render(each) for each in shown],
        "meta": {
            "pagination": {
                "page": number,
                "per_page": size,
                "previous_page": number - 1 if number > 1 else None,
                "next_page": number + 1 if number < last else None,
                "last_page": last,
                "total_entries": len(among),
            }
        },
    }


def _number(request: Request, name: str, default: int) -> int:
    text = request.one(name)
    if not text:
        return default
    number = number_within(text, 1, 1_000_000)
    if number is None:
        raise invalid({name: [f"'{text[:20]}' is not a number from 1"]})
    return number
