"""When to probe a container and what the answers mean, as kubelet's prober decides it. Pure.

The first probe runs SETTLE seconds after the start (kubelet needs about as long to notice that a container
runs), or after initialDelaySeconds where that is longer. In the period after it, startup and readiness probes
are asked more often, so that who is up need not wait for the next one, as a kubelet does for readiness; there
a failure does not count.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from mockcloud.node.pods.spec import ProbeKind, ProbeSpec

SETTLE: Final = 0.2
_SLOWER: Final = 1.5  # each wait between those, by the one before
_AWAITED: Final = frozenset({ProbeKind.STARTUP, ProbeKind.READINESS})


@dataclass(slots=True)
class _Question:
    """One probe's running state."""

    spec: ProbeSpec
    due: float
    asked: bool = False
    last: bool | None = None
    streak: int = 0
    regular: float = field(init=False)  # when it is due by its period: `due`, or later
    between: float | None = field(init=False)  # until it is asked once more before that

    def __post_init__(self) -> None:
        self.ask_at(self.due)

    def ask_at(self, moment: float) -> None:
        """It is due then for the first time."""
        self.due = self.regular = moment
        self.between = SETTLE if self.spec.kind in _AWAITED else None

    def counts(self, *, ok: bool) -> bool:
        """Whether an answer to it now is one of those in a row."""
        return ok or self.due >= self.regular

    def answer(self, now: float, *, ok: bool) -> bool:
        """Take in one answer; whether there were enough of its kind in a row."""
        counts = self.counts(ok=ok)
        self._go_on(now, ok=ok)
        if not counts:
            return False
        self.streak = self.streak + 1 if ok is self.last else 1
        self.last = ok
        return self.streak >= (self.spec.successes if ok else self.spec.failures)

    def _go_on(self, now: float, *, ok: bool) -> None:
        """Find out when it is due next."""
        if self.due >= self.regular:
            self.regular = max(self.regular + self.spec.period, now)
        if self.between is None or ok or self.due + self.between >= self.regular:
            self.due, self.between = self.regular, None
        else:
            self.due, self.between = max(self.due + self.between, now), self.between * _SLOWER


@dataclass(slots=True)
class ContainerProbes:
    """The probes of one running container; where it has none of a kind, the answer is the good one."""

    ready: bool
    started: bool
    failed: ProbeKind | None = None  # a liveness or startup probe that demands a restart
    _questions: list[_Question] = field(default_factory=list)

    @classmethod
    def begin(cls, specs: Sequence[ProbeSpec], now: float) -> "ContainerProbes":
        """The container has started at `now`."""
        questions = [_Question(spec, now + max(spec.initial_delay, SETTLE)) for spec in specs]
        kinds = {spec.kind for spec in specs}
        started = ProbeKind.STARTUP not in kinds
        return cls(ready=started and ProbeKind.READINESS not in kinds, started=started, _questions=questions)

    def due(self, now: float) -> list[ProbeSpec]:
        """The probes to run now; each is asked once until it is answered."""
        asked = [question for question in self._waiting() if question.due <= now]
        for question in asked:
            question.asked = True
        return [question.spec for question in asked]

    def answer(self, kind: ProbeKind, now: float, *, ok: bool) -> bool:
        """An answer has come; whether it counts, and so is worth an Event."""
        question = next((found for found in self._questions if found.spec.kind is kind), None)
        if question is None:  # it was asked before the container was to stop
            return False
        question.asked = False
        counts = question.counts(ok=ok)
        if question.answer(now, ok=ok):
            self._heed(kind, now, ok=ok)
        return counts

    def _heed(self, kind: ProbeKind, now: float, *, ok: bool) -> None:
        match kind:
            case ProbeKind.READINESS:
                self.ready = ok
            case ProbeKind.STARTUP if ok:
                self._start(now)
            case ProbeKind.STARTUP | ProbeKind.LIVENESS if not ok:
                self.failed = kind

    def stop(self) -> None:
        """The container is to stop: only whether it is ready is still asked, for those who route to it."""
        self._questions = [one for one in self._questions if one.spec.kind is ProbeKind.READINESS]

    def wake(self) -> float | None:
        """When the next probe is due."""
        return min((question.due for question in self._waiting()), default=None)

    def _waiting(self) -> list[_Question]:
        # kubelet: no other probe runs before the startup probe has succeeded, and it not afterwards.
        return [
            question
            for question in self._questions
            if not question.asked
            and self.failed is None
            and (question.spec.kind is ProbeKind.STARTUP) is not self.started
        ]

    def _start(self, now: float) -> None:
        self.started = True
        kinds = {question.spec.kind for question in self._questions}
        self.ready = ProbeKind.READINESS not in kinds
        for question in self._questions:
            question.ask_at(max(question.due, now) if question.spec.initial_delay else now)
