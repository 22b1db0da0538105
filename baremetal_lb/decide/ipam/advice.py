"""What a Service is told of its annotations: which are written under an old name, and which mean nothing.

Whoever does what is advised here must end up with what he has now, and without a further word.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from baremetal_lb.decide.suggestions import did_you_mean
from baremetal_lb.model.api_names import (
    ADDRESSES,
    ALLOCATED_FROM,
    CONSENT,
    DEPRECATED,
    METALLB,
    OURS,
    POOL,
    PREFIXES,
    SERVED_BY,
    SHARING_KEY,
    EventReason,
)
from baremetal_lb.model.reasons import (
    Note,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from baremetal_lb.model.services import ServiceView

NAMES: Final = (ADDRESSES, POOL, SHARING_KEY)
WRITTEN: Final = ALLOCATED_FROM.removeprefix(OURS)  # by us, or by MetalLB, and read by nobody
KNOWN: Final = (*(prefix + name for prefix in (OURS, METALLB) for name in NAMES), CONSENT)
SILENT: Final = frozenset({*KNOWN, ALLOCATED_FROM, SERVED_BY, METALLB + WRITTEN})


def advice(view: ServiceView) -> tuple[Note, ...]:
    """The Events that its annotations deserve, by key."""
    return tuple(_advice(view))


def _advice(view: ServiceView) -> Iterator[Note]:
    for key in sorted(view.annotations):
        if key in SILENT:
            continue
        prefix = next(each for each in PREFIXES if key.startswith(each))
        name = key.removeprefix(prefix)
        if prefix == DEPRECATED and name in (*NAMES, WRITTEN):
            text = f"Service uses deprecated annotation {key}; {_instead(view, name)}"
            yield Note(EventReason.DEPRECATED_ANNOTATION, text)
        else:
            text = f"annotation {key} is not known and has no effect; {_meant(prefix, name)}"
            yield Note(EventReason.UNKNOWN_ANNOTATION, text)


def _instead(view: ServiceView, name: str) -> str:
    if name == WRITTEN:
        return "MetalLB wrote it, and nobody reads it: remove it"
    winner = next((each + name for each in (OURS, METALLB) if view.annotations.get(each + name)), None)
    if winner:
        return f"{winner} is read instead of it: remove it"
    return f"write {METALLB}{name}, which means the same"


def _meant(prefix: str, name: str) -> str:
    """The nearest known key, under the same prefix where it is known there: others mean something else."""
    kept = METALLB if prefix == DEPRECATED else prefix
    under = sorted(KNOWN, key=lambda key: not key.startswith(kept))
    names: dict[str, str] = {}
    for key in under:
        names.setdefault(key.partition("/")[2], key)
    return did_you_mean(name, names)
