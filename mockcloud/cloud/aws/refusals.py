"""The core's refusals in a service's words: the exceptions that its model has, where AWS raises them."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, TypeAlias

from mockcloud.cloud.aws.errors import AwsError
from mockcloud.cloud.core.refusal import Refusal, Why

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mockcloud.cloud.aws.handling import Handler
    from mockcloud.cloud.service import CloudService

# By the reason and what it is about; the reason alone where that does not matter. Code and status of HTTP.
Errors: TypeAlias = "Mapping[tuple[Why, str] | Why, tuple[str, int]]"


def served(handlers: Mapping[str, Handler], errors: Errors) -> dict[str, Handler]:
    """The handlers, whose refusals are these errors; ValidationError for what has no exception of its own."""
    return {name: _served(handler, errors) for name, handler in handlers.items()}


def _served(handler: Handler, errors: Errors) -> Handler:
    @wraps(handler)
    def answered(cloud: CloudService, wanted: dict[str, Any]) -> dict[str, Any]:
        try:
            return handler(cloud, wanted)
        except Refusal as refusal:
            found = errors.get((refusal.why, refusal.field)) or errors.get(refusal.why)
            code, status = found or ("ValidationError", 400)
            raise AwsError(code, refusal.message, status) from refusal

    return answered
