"""A fault as a tester writes it down: checked, and put into force."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mockcloud.cloud.faults import INJECTED, Point

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mockcloud.cloud.core.catalogue import Catalogue
    from mockcloud.cloud.faults import FaultRule, Faults, Outage


class WrongFault(Exception):
    """A fault that makes no sense; the message says why."""


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _AtRequest(_Body):
    path: str = "*"
    method: str = "*"
    probability: Annotated[float, Field(gt=0, le=1)] = 1.0
    count: Annotated[int, Field(ge=1)] | None = None


class _Answered(_AtRequest):
    delay: Annotated[float, Field(ge=0, le=600)] = 0.0
    status: Annotated[int, Field(ge=0, le=599)] = 0
    code: str = ""
    message: str = INJECTED


class _Operation(_Answered):
    stuck: bool = False


class _Read(_AtRequest):
    lag: Annotated[float, Field(gt=0, le=86_400)]


class _Edge(_Body):
    zone: str = ""
    instance: str = ""
    target: str = ""
    health: Literal["", "healthy", "unhealthy"] = ""


_BODIES: Final[dict[Point, type[_Body]]] = {
    Point.REQUEST: _Answered,
    Point.ANSWER: _Answered,
    Point.OPERATION: _Operation,
    Point.READ: _Read,
    Point.EDGE: _Edge,
}


def order(
    faults: Faults, asked: Mapping[str, object], catalogue: Catalogue, core_name: Callable[[str], str] = str
) -> FaultRule | Outage:
    """In force from now on; WrongFault. `core_name`: of what a dialect calls otherwise."""
    point = _point(asked.get("point", Point.REQUEST))
    try:
        body = _BODIES[point].model_validate({name: each for name, each in asked.items() if name != "point"})
    except ValidationError as error:
        msg = f"a fault at the point '{point}': {reasons(error)}"
        raise WrongFault(msg) from error
    if isinstance(body, _Edge):
        body = _of_a_thing(body, catalogue, core_name)
    elif point is Point.REQUEST and isinstance(body, _Answered) and not body.status and not body.delay:
        msg = "a fault at the point 'request' needs a status, a delay or both"
        raise WrongFault(msg)
    return faults.add(point, **body.model_dump())


def reasons(error: ValidationError) -> str:
    """What is wrong with each field."""
    return "; ".join(f"{'.'.join(map(str, each['loc'])) or 'body'}: {each['msg']}" for each in error.errors())


def _point(text: object) -> Point:
    found = next((each for each in Point if each == text), None)
    if found is None:
        msg = f"point {text!r}: expected {', '.join(Point)}"
        raise WrongFault(msg)
    return found


def _of_a_thing(body: _Edge, catalogue: Catalogue, core_name: Callable[[str], str]) -> _Edge:
    named = [each for each in (body.zone, body.instance, body.target) if each]
    if len(named) != 1 or bool(body.health) != bool(body.target):
        msg = "a fault at the point 'edge' needs one of: zone; instance; target with health"
        raise WrongFault(msg)
    zone, known = core_name(body.zone), [each.name for each in catalogue.zones]
    if zone and zone not in known:
        msg = f"zone '{body.zone}': expected one of {', '.join(known)}, or AWS' name of one"
        raise WrongFault(msg)
    return _Edge(
        zone=zone, instance=core_name(body.instance), target=core_name(body.target), health=body.health
    )
