"""Which rights the API refuses us at present: what keeps a daemon from being ready."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

import structlog

if TYPE_CHECKING:
    from baremetal_lb.model.rights import Right

LASTS: Final = 60.0  # seconds; what is still wanted is tried at least every 15 s
log = structlog.get_logger("rights")


class MissingRights:
    """Told of each refusal, and of each request that was not refused."""

    def __init__(self) -> None:
        self._refused: dict[Right, float] = {}

    def __bool__(self) -> bool:
        return bool(self._refused)

    def see_refused(self, right: Right) -> None:
        """It was refused just now."""
        self._refused[right] = time.monotonic()

    def see_granted(self, right: Right) -> None:
        """It was not refused."""
        if self._refused.pop(right, None) is not None:
            log.info("the missing right was given", right=str(right))

    def hindrances(self) -> list[str]:
        """Those that work cannot go on without, and that were refused when they were last needed."""
        since = time.monotonic() - LASTS
        return [
            f"missing right: {right}"
            for right, at in self._refused.items()
            if at > since and not right.is_optional
        ]
