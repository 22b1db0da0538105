"""How a lab's daemons log: `TIME LEVEL where: text`, the time in UTC, so that all their logs read as one."""

import logging
import sys
import time
from typing import Final

_PACKAGE: Final = "mockcloud."


class _Formatter(logging.Formatter):
    converter = staticmethod(time.gmtime)
    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"

    def format(self, record: logging.LogRecord) -> str:
        record.where = record.name.removeprefix(_PACKAGE)
        return super().format(record)


def configure(level: int | str = logging.INFO) -> None:
    """Log to stderr from now on, and nowhere else: a forked process may have its parent's handlers."""
    handler = logging.StreamHandler(sys.__stderr__)
    handler.setFormatter(_Formatter("%(asctime)s %(levelname)s %(where)s: %(message)s"))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
