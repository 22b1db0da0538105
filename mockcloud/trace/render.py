"""A story as text for people and as JSON for programs; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockcloud.trace.model import Story


def as_text(story: Story) -> str:
    """One line a hop, and where and why it ended."""
    return "\n".join(_lines(story))


def _lines(story: Story) -> Iterator[str]:
    yield f"{story.source} -> {story.target}"
    width = max((len(hop.where) for hop in story.hops), default=0)
    for number, hop in enumerate(story.hops, 1):
        yield f"{number:3}  {hop.where:<{width}}  {hop.text}"
    if story.broken is not None:
        yield f"broken at {story.broken.where} ({story.broken.why}): {story.broken.text}"


def as_json(story: Story) -> dict[str, object]:
    """The same as a JSON object; `broken` is null where the connection came about."""
    broken = story.broken
    return {
        "source": story.source,
        "target": str(story.target),
        "connected": broken is None,
        "hops": [
            {"where": hop.where, "stage": hop.stage, "text": hop.text, "facts": dict(hop.facts)}
            for hop in story.hops
        ],
        "broken": broken and {"where": broken.where, "why": broken.why, "text": broken.text},
    }
