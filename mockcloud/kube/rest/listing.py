"""LIST: which objects, from which version, which page."""

import base64
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

import orjson

from mockcloud.kube.decimals import integer, unsigned
from mockcloud.kube.field_errors import Cause, forbidden, not_supported
from mockcloud.kube.json_types import JsonObject
from mockcloud.kube.rest.converting import together
from mockcloud.kube.rest.paths import Target
from mockcloud.kube.selectors import Selector, SelectorError, parse_selector
from mockcloud.kube.storage.store import Key, Store, Stored, VersionTooOld, VersionUnknown
from mockcloud.kube.writes.refusals import Refusal, bad_request, expired, invalid, version_too_large

_TOKEN_TOO_OLD: Final = (
    "The provided continue parameter is too old to display a consistent list result. You can start a new "
    "list without the continue parameter, or use the continue token in this response to retrieve the "
    "remainder of the results. Continuing with the provided token results in an inconsistent list - objects "
    "that were created, modified, or deleted between the time the first chunk was returned and now may show "
    "up in the list."
)
_OPTIONS: Final = "ListOptions"
MATCH: Final = "resourceVersionMatch"
INITIAL: Final = "sendInitialEvents"
NOT_OLDER: Final = "NotOlderThan"
INCONSISTENT: Final = -1


@dataclass(frozen=True, slots=True)
class Page:
    """The objects of one answer, and its list metadata."""

    items: list[Stored]
    metadata: JsonObject


@dataclass(frozen=True, slots=True)
class Token:
    """Where the next page starts: after `key`, in the state of `version`."""

    version: int
    key: Key

    def text(self) -> str:
        """The token as the client gets it."""
        return base64.urlsafe_b64encode(orjson.dumps([self.version, *self.key])).decode().rstrip("=")


def parse_token(text: str) -> Token:
    """The client's token; 400 where it is not one of ours."""
    try:
        version, namespace, name = orjson.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        return Token(int(version), (str(namespace), str(name)))
    except (ValueError, TypeError) as exc:
        msg = f'invalid continue token: "{text}"'
        raise bad_request(msg) from exc


def selector_of(target: Target, query: Mapping[str, str]) -> Selector:
    """The request's selectors; 400 where they do not parse."""
    try:
        fields = query.get("fieldSelector", "")
        if target.name:
            fields = f"metadata.name={target.name},{fields}".rstrip(",")
        return parse_selector(target.kind, query.get("labelSelector", ""), fields)
    except SelectorError as exc:
        raise bad_request(str(exc)) from exc


def number(query: Mapping[str, str], name: str) -> int:
    """A whole number of the query, 0 where it is absent or negative; 400 where it is none."""
    try:
        return max(0, integer(query.get(name) or "0"))
    except ValueError as exc:
        raise bad_request(str(exc)) from exc


def version_of(query: Mapping[str, str]) -> int:
    """The resourceVersion asked for, 0 for any; 500 where it is none, as upstream."""
    text = query.get("resourceVersion") or "0"
    try:
        return unsigned(text)
    except ValueError as exc:
        why = f'resourceVersion: Invalid value: "{text}": {exc}'
        raise Refusal(500, "", why) from exc


def require_known(store: Store, query: Mapping[str, str]) -> None:
    """504 where a version is asked for that has not been given out yet."""
    asked = version_of(query)
    if asked > store.version:
        raise version_too_large(str(VersionUnknown(asked, store.version)))


def _require_sensible(query: Mapping[str, str]) -> None:
    """422 on options that make no sense (ValidateListOptions), 400 on a version beside a continue token."""
    number(query, "timeoutSeconds")
    match, version, token = (query.get(name, "") for name in (MATCH, "resourceVersion", "continue"))
    require(_problems(match, version, token, initial=INITIAL in query))
    if token and version not in ("", "0"):
        msg = "specifying resource version is not allowed when using continue"
        raise bad_request(msg)
    try:
        version_of(query)
    except Refusal as refusal:
        msg = f"invalid resource version: {refusal.message}"
        raise bad_request(msg) from refusal


def require(causes: Iterable[Cause]) -> None:
    """422 where there are any."""
    found = list(causes)
    if found:
        raise invalid(_OPTIONS, "meta.k8s.io", "", found)


def _problems(match: str, version: str, token: str, *, initial: bool) -> Iterator[Cause]:
    if match:
        if not version:
            yield forbidden(MATCH, f"{MATCH} is forbidden unless resourceVersion is provided")
        if token:
            yield forbidden(MATCH, f"{MATCH} is forbidden when continue is provided")
        if match not in ("Exact", NOT_OLDER):
            yield not_supported(MATCH, match, ("Exact", NOT_OLDER, ""))
        if match == "Exact" and version == "0":
            yield forbidden(MATCH, f'{MATCH} "exact" is forbidden for resourceVersion "0"')
    if initial:
        yield forbidden(INITIAL, f"{INITIAL} is forbidden for list")


def page(store: Store, target: Target, query: Mapping[str, str]) -> Page:
    """One page of the target's objects."""
    _require_sensible(query)
    selector, limit = selector_of(target, query), number(query, "limit")
    if query.get("resourceVersion") == "0" and not query.get("continue"):
        limit = 0  # any version: upstream answers from its cache, which has no pages
    token = parse_token(query["continue"]) if query.get("continue") else None
    items, version = _state(store, target, query, token)
    if not selector.everything:
        items = [
            item for item, seen in zip(items, _seen(target, items), strict=True) if selector.matches(seen)
        ]
    metadata: JsonObject = {"resourceVersion": str(version)}
    if limit and len(items) > limit:
        metadata["continue"] = Token(version, _key(items[limit - 1])).text()
        if selector.everything:
            metadata["remainingItemCount"] = len(items) - limit
        items = items[:limit]
    return Page(items, metadata)


def _seen(target: Target, items: list[Stored]) -> list[JsonObject]:
    """The objects that are chosen by their fields: as they are shown, where a webhook says what that is."""
    if not target.kind.asks:
        return [item.object for item in items]
    return together(partial(target.kind.from_stored, item.object) for item in items)


def _state(
    store: Store, target: Target, query: Mapping[str, str], token: Token | None
) -> tuple[list[Stored], int]:
    """The objects to choose from, and the version they are a state of."""
    kind = target.kind.storage
    if token is not None:
        items, version = _resumed(store, kind, token)
        return [item for item in items if _in_namespace(item, target) and _key(item) > token.key], version
    asked = version_of(query)
    # Upstream: a page of a version, without a word on how it is meant, is of exactly that one.
    if asked and (query.get(MATCH) or ("Exact" if number(query, "limit") else "")) == "Exact":
        items = _exact(store, kind, asked)
        return [item for item in items if _in_namespace(item, target)], asked
    require_known(store, query)
    return list(store.objects(kind, target.namespace)), store.version


def _resumed(store: Store, kind: str, token: Token) -> tuple[list[Stored], int]:
    if token.version == INCONSISTENT:
        return list(store.objects(kind)), store.version
    try:
        return store.snapshot(kind, token.version), token.version
    except (VersionTooOld, VersionUnknown) as exc:
        raise TokenExpired(Token(INCONSISTENT, token.key)) from exc


class TokenExpired(Refusal):
    """The page's state is forgotten; the answer carries a token that goes on in today's state."""

    def __init__(self, fresh: Token) -> None:
        super().__init__(410, "Expired", _TOKEN_TOO_OLD)
        self.fresh = fresh

    def status(self) -> JsonObject:
        """The Status, with the fresh token in its metadata."""
        return {**Refusal.status(self), "metadata": {"continue": self.fresh.text()}}


def _exact(store: Store, kind: str, version: int) -> list[Stored]:
    try:
        return store.snapshot(kind, version)
    except VersionTooOld as exc:
        msg = "The resourceVersion for the provided list is too old."
        raise expired(msg) from exc
    except VersionUnknown as exc:
        raise version_too_large(str(exc)) from exc


def _key(item: Stored) -> Key:
    metadata = item.object["metadata"]
    return (metadata.get("namespace") or "", metadata["name"])


def _in_namespace(item: Stored, target: Target) -> bool:
    return target.namespace is None or _key(item)[0] == target.namespace
