"""An object with an applied configuration in it: what that states counts, all else stays."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from mockcloud.kube.managed_fields.shapes import WHOLE, Shape

JSON = Any


def merged(shape: Shape, live: JSON, config: JSON) -> JSON:
    """`live` with what `config` states; null for what is itself no leaf takes nothing away."""
    if isinstance(live, dict) and isinstance(config, dict) and shape.form != "whole" and (live or config):
        found = dict(live)
        for name, inner in config.items():
            each = shape.at(name) or WHOLE
            found[name] = merged(each, live[name], inner) if name in live else inner
        return found
    if shape.form in ("keyed", "set") and isinstance(live, list):
        # In the configuration's order, others where they were among those that both have.
        return list(_Merge(shape, live, config or []).items())
    if config is None and shape.form in ("struct", "map") and live:
        return live
    return config


class _Merge:
    """Both lists, and how far each of them is taken over."""

    def __init__(self, shape: Shape, live: list[JSON], config: list[JSON]) -> None:
        self.shape = shape
        self.ours = {shape.step(item): item for item in config}
        self.live = [(shape.step(item), item) for item in live]
        steps = Counter(step for step, _ in self.live)
        # Items that have the same step are left as they are.
        self.theirs = {step: item for step, item in self.live if steps[step] == 1}
        self.shared = [step for step in self.ours if step in steps][::-1]
        self.wanted = list(self.ours)[::-1]
        self.done: set[str] = set()

    def items(self) -> Iterator[JSON]:
        """The merged list."""
        place = 0
        while place < len(self.live) or self.wanted:
            step = self.live[place][0] if place < len(self.live) else None
            if step is None:
                yield self._next()
            elif self.wanted and step == self.wanted[-1]:
                yield self._next()
                place += 1
            elif step not in self.ours:
                yield self.live[place][1]
                place += 1
            elif step in self.done or (self.wanted and self.shared and self.shared[-1] != step):
                place += 1
            else:
                yield self._next()

    def _next(self) -> JSON:
        """The configuration's next item, with what is there of it."""
        step = self.wanted.pop()
        self.done.add(step)
        if self.shared and self.shared[-1] == step:
            self.shared.pop()
        return (
            merged(self.shape.item or WHOLE, self.theirs[step], self.ours[step])
            if step in self.theirs
            else self.ours[step]
        )
