"""Answers to requests that need objects in versions which only a conversion webhook can tell."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from mockcloud.kube.admission.webhooks.dispatch import Call, CallFailed
from mockcloud.kube.json_types import JsonObject
from mockcloud.kube.resources.apiextensions.converting import BadConversion, Unconverted, learn, remembered
from mockcloud.kube.writes.refusals import Refusal

SECONDS: Final = 30.0
"""That a webhook may take (apiextensions' conversion client)."""
MOST_ROUNDS: Final = 32
"""How often one answer may be begun anew, before it is given up: a write needs three rounds at most, unless
webhooks make something else of it each time."""


@dataclass(frozen=True, slots=True)
class Conversions:
    """Asks conversion webhooks."""

    call: Call
    new_uid: Callable[[], str]

    async def answered(self, work: Callable[[], Awaitable[web.StreamResponse]]) -> web.StreamResponse:
        """The answer of `work`, begun anew when a conversion is missing: nothing is stored by then."""
        try:
            return await work()
        except Unconverted as exc:
            missing = exc
        with remembered():
            for _ in range(MOST_ROUNDS):
                await self.supply(missing)
                try:
                    return await work()
                except Unconverted as exc:
                    missing = exc
        raise _refusal(missing, "failed: the object is another one each time")

    async def supply(self, missing: Unconverted) -> None:
        """Have what is missing told, and what will be next; a refusal where the webhook does not."""
        await self._ask(missing)
        if missing.then is not None:
            try:
                missing.then()
            except Unconverted as next_one:
                await self._ask(next_one)

    async def _ask(self, missing: Unconverted) -> None:
        converter = missing.converter
        review = converter.question(missing.objects, missing.version, self.new_uid())
        try:
            learn(
                missing.objects, missing.version, review, await self.call(converter.client, review, SECONDS)
            )
        except CallFailed as exc:
            raise _refusal(missing, f"failed: {exc}") from exc
        except BadConversion as exc:
            raise _refusal(missing, str(exc)) from exc


async def nobody(_client: JsonObject, _review: JsonObject, _seconds: float) -> JsonObject:
    """Calls no webhook."""
    msg = "this server calls no webhooks"
    raise CallFailed(msg)


def together(views: Iterable[Callable[[], JsonObject]]) -> list[JsonObject]:
    """Every view; what is missing of all of them is missing in one exception, so that it is asked at once."""
    found: list[JsonObject] = []
    missing: Unconverted | None = None
    for view in views:
        try:
            found.append(view())
        except Unconverted as exc:
            if missing is None:
                missing = exc
            elif missing.version == exc.version:
                missing.objects += exc.objects
    if missing is not None:
        raise missing
    return found


def _refusal(missing: Unconverted, why: str) -> Refusal:
    first = missing.objects[0]
    gvk = f"{first.get('apiVersion')}, Kind={first.get('kind')}"
    return Refusal(500, "", f"conversion webhook for {gvk} {why}")
