"""Says that something fails and is tried again: at once, when the reason changes, and now and then."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from tenacity import RetryCallState

REMIND: Final = 60.0  # seconds between two lines that say the same


class RetryLog:
    """For `before_sleep`. `log` is a structlog logger; `facts` go with each line."""

    def __init__(self, log: Any, event: str, **facts: str) -> None:  # noqa: ANN401 - structlog's are lazy proxies
        self._log, self._event, self._facts = log, event, facts
        self._said = ""
        self._said_at = float("-inf")

    def __call__(self, state: RetryCallState) -> None:
        """It has failed, and will be tried again."""
        error = state.outcome.exception() if state.outcome else None
        text, now = str(error), time.monotonic()
        if text == self._said and now < self._said_at + REMIND:
            return
        self._said, self._said_at = text, now
        self._log.warning(self._event, **self._facts, error=text)
