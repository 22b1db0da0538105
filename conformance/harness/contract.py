"""`@contract`: one function, run unchanged against both sides; the test is that both answered the same."""

import functools
import inspect
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import pytest

from conformance.harness.compare import Accepted, compared
from conformance.harness.side import Cluster, ContractError, Side, Step


@dataclass(slots=True)
class Sides:
    """Both control planes, the accepted differences, and which of them were met."""

    real: Cluster
    embedded: Cluster
    accepted: list[Accepted]
    met: set[int] = field(default_factory=set)
    numbers: Any = field(default_factory=lambda: count(1))

    def run(self, test: str, script: Callable[[Side], None]) -> str:
        """Run the script on both sides at once; the unaccepted differences as a text, "" for none."""
        number = next(self.numbers)
        sides = [Side(cluster, f"contract-{number}") for cluster in (self.real, self.embedded)]
        with ThreadPoolExecutor(2) as pool:
            for outcome in [pool.submit(_play, side, script) for side in sides]:
                outcome.result()
        # What breaks off on the real side is a mistake of the test.
        broken = [f"{test}: {step.answer}" for step in sides[0].transcript if step.label == "broke off"]
        return "\n".join([*broken, self.judged(test, *(side.transcript for side in sides))]).strip()

    def judged(self, test: str, real: Sequence[Step], embedded: Sequence[Step]) -> str:
        """The unaccepted differences between two transcripts as a text; accepted ones count as met."""
        unexpected = []
        for found in compared(test, real, embedded):
            rows = [index for index, row in enumerate(self.accepted) if row.covers(found)]
            self.met.update(rows)
            if not rows:
                unexpected.append(str(found))
        return "\n".join(unexpected)


def _play(side: Side, script: Callable[[Side], None]) -> None:
    """Run the script in a fresh namespace; where it breaks, that is part of the transcript."""
    side.quietly("POST", "/api/v1/namespaces", {"metadata": {"name": side.ns}})
    try:
        script(side)
    except (ContractError, LookupError, TypeError, ValueError, OSError) as error:
        side.record("broke off", f"{type(error).__name__}: {error}")


def contract(script: Callable[..., None]) -> Callable[..., None]:
    """The test of a script whose first parameter is `api`; the others are pytest's parameters."""

    @functools.wraps(script)
    def test(sides: Sides, request: pytest.FixtureRequest, **parameters: object) -> None:
        name = request.node.name
        differences = sides.run(name, lambda api: script(api, **parameters))
        if differences:
            pytest.fail(f"the embedded API answers differently:\n{differences}", pytrace=False)

    wanted = list(inspect.signature(script).parameters.values())[1:]
    own = [inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY) for name in ("sides", "request")]
    keyword_only = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in wanted]
    test.__signature__ = inspect.Signature([*own, *keyword_only])  # type: ignore[attr-defined]
    return test
