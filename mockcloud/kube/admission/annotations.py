"""What admission adds to the audit Event of a request (apiserver's `Attributes.AddAnnotation`)."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

_NOTED: Final[ContextVar[dict[str, str] | None]] = ContextVar("annotations", default=None)


@contextmanager
def noted() -> Iterator[dict[str, str]]:
    """Within, annotations are written into the dict."""
    annotations: dict[str, str] = {}
    token = _NOTED.set(annotations)
    try:
        yield annotations
    finally:
        _NOTED.reset(token)


def annotate(key: str, value: str) -> None:
    """Tell of something in the audit Event of the present request, if there is one; the first word counts."""
    annotations = _NOTED.get()
    if annotations is not None:
        annotations.setdefault(key, value)
