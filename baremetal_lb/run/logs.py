"""How the daemons log: one JSON object a line, or for a person's eyes on a terminal."""

from __future__ import annotations

import contextlib
import logging
import sys

import orjson
import structlog


def configure(level: str, form: str) -> None:
    """Set structlog up. `form` is json, console, or auto: console on a terminal, else JSON."""
    console = form == "console" or (form == "auto" and sys.stdout.isatty())
    renderer = structlog.dev.ConsoleRenderer() if console else structlog.processors.JSONRenderer(_dumps)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="ts"),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=lambda *_names: _Printer(sys.stdout),
        cache_logger_on_first_use=True,
    )


class _Printer(structlog.PrintLogger):
    """Loses what it cannot print: a full disk is no reason for a daemon to end."""

    def msg(self, message: str) -> None:
        with contextlib.suppress(OSError):
            super().msg(message)

    log = debug = info = warn = warning = fatal = failure = err = error = critical = exception = msg


def _dumps(event: object, **_kwargs: object) -> str:
    return orjson.dumps(event, default=str).decode()
