"""Values that may be absent. `or` and `orValue` are evaluated elsewhere: they look at one side alone."""

from typing import Any, Final

from mockcloud.kube.resources.cel.declarations import Row
from mockcloud.kube.resources.cel.errors import EvaluationError
from mockcloud.kube.resources.cel.values import NONE, Optional, some


def _of_nonzero(value: Any) -> Optional:  # noqa: ANN401
    return some(value) if value else NONE


def _value(found: Optional) -> Any:  # noqa: ANN401
    if not found.present:
        msg = "optional.none() dereference"
        raise EvaluationError(msg)
    return found.value


def _is_special(*_args: object) -> object:
    raise AssertionError


ROWS: Final[tuple[Row, ...]] = (
    ("optional.of(A) -> optional<A>", some),
    ("optional.ofNonZeroValue(A) -> optional<A>", _of_nonzero),
    ("optional.none() -> optional<A>", lambda: NONE),
    ("optional<A> :: hasValue() -> bool", lambda found: found.present),
    ("optional<A> :: value() -> A", _value),
    ("optional<A> :: or(optional<A>) -> optional<A>", _is_special),
    ("optional<A> :: orValue(A) -> A", _is_special),
)
