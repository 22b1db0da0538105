"""How often a failure that goes on is told of."""

from types import SimpleNamespace

from baremetal_lb.kube import retry_log
from baremetal_lb.kube.retry_log import REMIND, RetryLog


def test_a_failure_is_told_when_it_is_news_and_then_once_a_minute(monkeypatch) -> None:
    """Not with each try; another reason is news."""
    said, now = [], [1000.0]
    monkeypatch.setattr(retry_log, "time", SimpleNamespace(monotonic=lambda: now[0]))
    log = SimpleNamespace(warning=lambda event, **facts: said.append((event, facts["what"], facts["error"])))
    complain = RetryLog(log, "not written", what="it")

    def fails(error: str) -> None:
        complain(SimpleNamespace(outcome=SimpleNamespace(exception=lambda: ValueError(error))))

    for error in ("no", "no", "never", "never"):
        fails(error)
    now[0] += REMIND
    fails("never")
    assert said == [("not written", "it", error) for error in ("no", "never", "never")]
