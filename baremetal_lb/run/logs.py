"""How the daemons log: one JSON object a line, or for a person's eyes on a terminal."""

from __future__ import annotations

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
        logger_factory=structlog.PrintLoggerFactory(sys.stdout),
        cache_logger_on_first_use=True,
    )


def _dumps(event: object, **_kwargs: object) -> str:
    return orjson.dumps(event, default=str).decode()
