"""/_mock: what a tester does to the cloud. It is no cloud's API; nothing here needs a token."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mockcloud.cloud.core.numbers import whole_number
from mockcloud.cloud.core.values import ResourceKind
from mockcloud.cloud.invoice import invoice
from mockcloud.cloud.ordering import WrongFault, reasons
from mockcloud.cloud.overview import overview

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mockcloud.cloud.calls import CallLog
    from mockcloud.cloud.core.state import State
    from mockcloud.cloud.faults import FaultRule, Outage
    from mockcloud.cloud.service import CloudService

PREFIX: Final = "/_mock"
_GROUP_RULES: Final = "security_group_rules"
Json = dict[str, Any]
M = TypeVar("M", bound="_Body")


class Mistake(Exception):
    """What was asked makes no sense; the message says why."""


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _ClockBody(_Body):
    rate: Annotated[float, Field(ge=0, le=1e6)] | None = None
    advance: Annotated[float, Field(ge=0, le=1e10)] | None = None
    operation_seconds: Annotated[float, Field(ge=0, le=1e6)] | None = None


class _SeedBody(_Body):
    seed: int


class Control:
    """Answers what begins with /_mock."""

    def __init__(
        self,
        cloud: CloudService,
        calls: CallLog,
        ids: Callable[[], dict[str, str]],
        order: Callable[[Json], FaultRule | Outage],
    ) -> None:
        """`ids`: of what there is from the start, by the variables that clients are told it in."""
        self._cloud, self._calls, self._faults, self._order = cloud, calls, cloud.faults, order
        self._snapshots: dict[str, State] = {}
        self._routes: dict[tuple[str, str], Callable[[Mapping[str, str], Json], Json]] = {
            ("POST", "reset"): self._reset,
            ("POST", "snapshot"): self._snapshot,
            ("POST", "restore"): self._restore,
            ("GET", "calls"): self._list_calls,
            ("DELETE", "calls"): self._forget_calls,
            ("GET", "clock"): self._show_clock,
            ("POST", "clock"): self._set_clock,
            ("GET", "faults"): self._list_faults,
            ("POST", "faults"): self._add_fault,
            ("DELETE", "faults"): self._remove_faults,
            ("POST", "seed"): self._seed,
            ("GET", "quotas"): self._show_quotas,
            ("POST", "quotas"): self._set_quotas,
            ("GET", "environment"): lambda *_: dict(ids()),
            ("GET", "balancers"): lambda *_: {"balancers": overview(self._cloud)},
            ("GET", "invoice"): lambda *_: invoice(
                self._cloud.state, self._cloud.catalogue, self._cloud.clock.now()
            ),
        }

    def answer(self, method: str, path: str, query: Mapping[str, str], body: Json) -> Json:
        """`path` without the prefix; Mistake, also where there is no such thing."""
        found = self._routes.get((method, path.strip("/")))
        if found is None:
            known = ", ".join(sorted(f"{each} {PREFIX}/{name}" for each, name in self._routes))
            msg = f"there is no {method} {PREFIX}{path}; there are {known}"
            raise Mistake(msg)
        return found(query, body)

    def _reset(self, _query: Mapping[str, str], _body: Json) -> Json:
        """The cloud as it began, no calls, no faults; ids begin anew."""
        self._cloud.begin_anew(self._cloud.first_state())
        self._calls.clear()
        self._faults.clear()
        return {}

    def _snapshot(self, query: Mapping[str, str], _body: Json) -> Json:
        name = query.get("name", "default")
        self._snapshots[name] = self._cloud.state
        return {"snapshot": name}

    def _restore(self, query: Mapping[str, str], _body: Json) -> Json:
        name = query.get("name", "default")
        found = self._snapshots.get(name)
        if found is None:
            msg = f"no snapshot '{name}'; there are: {', '.join(self._snapshots) or 'none'}"
            raise Mistake(msg)
        self._cloud.begin_anew(found)
        return {"restored": name}

    def _list_calls(self, query: Mapping[str, str], _body: Json) -> Json:
        since = whole_number(query.get("since", "0"))
        if since is None:
            msg = f"since={query['since']}: expected the number of a call"
            raise Mistake(msg)
        return {"calls": self._calls.found(query.get("path", ""), query.get("status", ""), since)}

    def _forget_calls(self, _query: Mapping[str, str], _body: Json) -> Json:
        self._calls.clear()
        return {}

    def _show_clock(self, _query: Mapping[str, str], _body: Json) -> Json:
        clock = self._cloud.clock
        return {"now": clock.now(), "rate": clock.rate, "operation_seconds": self._cloud.operation_seconds}

    def _set_clock(self, query: Mapping[str, str], body: Json) -> Json:
        wanted = _read(_ClockBody, body)
        if wanted.rate is not None:
            self._cloud.clock.set_rate(wanted.rate)
        if wanted.advance is not None:
            self._cloud.clock.advance(wanted.advance)
        if wanted.operation_seconds is not None:
            self._cloud.operation_seconds = wanted.operation_seconds
        return self._show_clock(query, body)

    def _show_quotas(self, _query: Mapping[str, str], _body: Json) -> Json:
        catalogue = self._cloud.catalogue
        rules = {_GROUP_RULES: catalogue.group_rules}
        return {kind.value: most for kind, most in catalogue.quotas.items()} | rules

    def _set_quotas(self, query: Mapping[str, str], body: Json) -> Json:
        """Those that are named; what there is already stays, though it be more."""
        known = self._show_quotas(query, body)
        for name, most in body.items():
            if name not in known or type(most) is not int or most < 0:
                msg = f"{name}: {most!r}: expected a number for one of {', '.join(known)}"
                raise Mistake(msg)
        wanted = known | body
        rules = wanted.pop(_GROUP_RULES)
        quotas = {ResourceKind(name): most for name, most in wanted.items()}
        self._cloud.catalogue = replace(self._cloud.catalogue, quotas=quotas, group_rules=rules)
        return self._show_quotas(query, body)

    def _list_faults(self, _query: Mapping[str, str], _body: Json) -> Json:
        return {"faults": [asdict(each) for each in self._faults.all]}

    def _add_fault(self, _query: Mapping[str, str], body: Json) -> Json:
        try:
            return asdict(self._order(body))
        except WrongFault as error:
            raise Mistake(str(error)) from error

    def _remove_faults(self, query: Mapping[str, str], _body: Json) -> Json:
        given = query.get("id")
        if given is None:
            self._faults.clear()
            return {}
        number = whole_number(given)
        if number is None or not self._faults.remove(number):
            msg = f"no fault with id {given}"
            raise Mistake(msg)
        return {}

    def _seed(self, _query: Mapping[str, str], body: Json) -> Json:
        self._faults.reseed(_read(_SeedBody, body).seed)
        return {}


def _read(model: type[M], body: Json) -> M:
    try:
        return model.model_validate(body)
    except ValidationError as error:
        raise Mistake(reasons(error)) from error
