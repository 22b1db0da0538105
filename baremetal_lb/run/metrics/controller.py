"""What the controller tells Prometheus: counts that are kept anyway, read when they are asked for.

Where MetalLB has the same thing it has the same name, so that its dashboards and alerts go on; that some
gauges end in `_total` is its doing. A controller that stands by gives no figures of pools.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Final

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from prometheus_client import Metric

    from baremetal_lb.decide.ipam.allocations import Stock
    from baremetal_lb.run.controller.leadership_term import Reign
    from baremetal_lb.run.metrics.counters import Tally

POOL: Final = "metallb_allocator"
CLIENT: Final = "metallb_k8s_client"
OURS: Final = "baremetal_lb_controller"


class ControllerMetrics(Collector):
    """Reads the reign that there is, and what was counted. Any thread may collect."""

    def __init__(self, tally: Tally, reign: Callable[[], Reign | None]) -> None:
        self._tally = tally
        self._reign = reign

    def collect(self) -> Iterable[Metric]:
        """All families."""
        reign = self._reign()
        yield GaugeMetricFamily(
            f"{OURS}_leader", "1 while this controller leads", value=int(reign is not None)
        )
        yield from self._counts()
        if reign is not None:
            yield from _pools(reign.stocks())
            yield from _standing(reign)

    def _counts(self) -> Iterable[Metric]:
        tally = self._tally
        yield CounterMetricFamily(
            f"{CLIENT}_updates", "Changes of objects that were looked at", tally.updates
        )
        yield CounterMetricFamily(
            f"{CLIENT}_update_errors",
            "Configurations and statuses that were not accepted",
            tally.update_errors,
        )
        refusals = CounterMetricFamily(f"{OURS}_refusals", "Refusals told to Services", labels=("reason",))
        for reason, count in list(tally.refusals.items()):
            refusals.add_metric((reason,), count)
        yield refusals
        unusable = CounterMetricFamily(
            f"{OURS}_unusable_reports", "Reports of speakers that could not be used", labels=("reason",)
        )
        for flaw, count in list(tally.unusable_reports.items()):
            unusable.add_metric((flaw,), count)
        yield unusable
        yield HistogramMetricFamily(
            f"{OURS}_allocation_seconds",
            "From seeing a Service that lacks an address to the address in its status",
            buckets=tally.allocation.buckets(),
            sum_value=tally.allocation.total,
        )


def _pools(stocks: Iterable[Stock]) -> Iterable[Metric]:
    total: dict[str, Counter[str]] = defaultdict(Counter)
    in_use: dict[str, Counter[str]] = defaultdict(Counter)
    for stock in stocks:
        for form in ("", f"ipv{stock.vacancy.family:d}_"):
            total[form][stock.pool.name] += stock.vacancy.capacity
            in_use[form][stock.pool.name] += stock.in_use
    for form in sorted(total):
        kind = f"{form[:4].replace('ip', 'IP')} addresses".strip()
        yield _by_pool(f"{POOL}_{form}addresses_total", f"Number of usable {kind} of a pool", total[form])
        yield _by_pool(f"{POOL}_{form}addresses_in_use_total", f"Number of {kind} in use", in_use[form])


def _by_pool(name: str, text: str, values: Counter[str]) -> Metric:
    family = GaugeMetricFamily(name, text, labels=("pool",))
    for pool, value in values.items():
        family.add_metric((pool,), value)
    return family


def _standing(reign: Reign) -> Iterable[Metric]:
    yield GaugeMetricFamily(
        f"{CLIENT}_config_loaded_bool", "1 once a configuration is in force", value=int(reign.config.loaded)
    )
    yield GaugeMetricFamily(
        f"{CLIENT}_config_stale_bool",
        "1 while the newest configuration is not in force",
        value=int(reign.config.stale),
    )
    yield GaugeMetricFamily(
        f"{OURS}_queue_length", "Statuses that wait to be written", value=reign.queue_length()
    )
    services = GaugeMetricFamily(f"{OURS}_services", "Services by how they stand", labels=("reason",))
    for reason, count in Counter(outcome.reason for outcome in reign.outcomes()).items():
        services.add_metric((reason,), count)
    yield services
    text = "Addresses of a pool that somebody outside of the cluster has"
    yield _by_pool(f"{OURS}_quarantined_addresses", text, reign.quarantined())
    announced = GaugeMetricFamily(
        f"{OURS}_announcements", "Services with addresses, by who announces these", labels=("reason",)
    )
    for why, count in Counter(condition.reason for condition in reign.announcements()).items():
        announced.add_metric((why,), count)
    yield announced
