"""What a client is told beside the answer to its request, in Warning headers (apiserver's `pkg/warning`)."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

_HEARD: Final[ContextVar[list[str] | None]] = ContextVar("warnings", default=None)


@contextmanager
def heard() -> Iterator[list[str]]:
    """Within, warnings are written into the list; each once."""
    warnings: list[str] = []
    token = _HEARD.set(warnings)
    try:
        yield warnings
    finally:
        _HEARD.reset(token)


def warn(text: str) -> None:
    """Tell the client of the present request, if there is one."""
    warnings = _HEARD.get()
    if warnings is not None and text and text not in warnings:
        warnings.append(text)
