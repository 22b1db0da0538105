"""A log that attackers cannot fill: few lines of one kind, no traceback for what a client did wrong."""

import logging
from typing import Final

PERIOD_SECONDS: Final = 10.0
MOST_ALIKE: Final = 5
"""Lines of one kind in a period; the next one that is written says how many were not."""
MOST_KINDS: Final = 1000
CLIENTS_FAULTS: Final = "aiohttp.server"
"""The logger of the HTTP library: it writes a traceback for each request that it cannot parse."""


class SparingFilter(logging.Filter):
    """Lets through the first lines of each kind (logger and unformatted text) in each period."""

    def __init__(self) -> None:
        super().__init__()
        self._seen: dict[tuple[str, str], tuple[float, int]] = {}  # kind -> since when, how many

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the line is written; the record may be made shorter."""
        if record.name == CLIENTS_FAULTS and record.exc_info and _is_gone(record.exc_info[1]):
            return False
        kind = (record.name, str(record.msg))
        since, count = self._seen.get(kind, (record.created, 0))
        silenced = 0
        if not since <= record.created < since + PERIOD_SECONDS:
            silenced, since, count = max(0, count - MOST_ALIKE), record.created, 0
        if len(self._seen) >= MOST_KINDS:
            self._seen.clear()
        self._seen[kind] = (since, count + 1)
        if count >= MOST_ALIKE:
            return False
        self._shorten(record)
        if silenced:
            record.msg = f"{record.msg} ({silenced} more like this)"
        return True

    def _shorten(self, record: logging.LogRecord) -> None:
        if record.name == CLIENTS_FAULTS and record.exc_info:
            why = " ".join(str(record.exc_info[1]).split())[:200]
            record.msg, record.args = f"{record.getMessage()}: {why}", ()
            record.exc_info, record.exc_text, record.levelno, record.levelname = None, None, 30, "WARNING"


def _is_gone(error: BaseException | None) -> bool:
    """Whether a client went away while it was answered, as those of a pod that ends do: that is no fault."""
    return isinstance(error, ConnectionError)
