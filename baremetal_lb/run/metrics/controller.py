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
    from collections.abc import Callable, Iterable, Sequence

    from prometheus_client import Metric

    from baremetal_lb.decide.ipam.allocations import PoolUsage
    from baremetal_lb.run.controller.leadership_term import LeadershipTerm
    from baremetal_lb.run.metrics.counters import Counters

POOL: Final = "metallb_allocator"
CLIENT: Final = "metallb_k8s_client"
OURS: Final = "baremetal_lb_controller"


class ControllerMetrics(Collector):
    """Reads the leadership term that there is, and what was counted. Any thread may collect."""

    def __init__(
        self,
        counters: Counters,
        term: Callable[[], LeadershipTerm | None],
        rivals: Callable[[], Sequence[str]] = tuple,
    ) -> None:
        self._counters = counters
        self._term = term
        self._rivals = rivals

    def collect(self) -> Iterable[Metric]:
        """All families."""
        term = self._term()
        yield GaugeMetricFamily(
            f"{OURS}_leader", "1 while this controller leads", value=int(term is not None)
        )
        yield GaugeMetricFamily(
            f"{OURS}_same_class_releases", "Other releases of the same class", value=len(self._rivals())
        )
        yield from self._counts()
        if term is not None:
            yield from _pools(term.usages())
            yield from _standing(term)

    def _counts(self) -> Iterable[Metric]:
        counters = self._counters
        yield CounterMetricFamily(
            f"{CLIENT}_updates", "Changes of objects that were looked at", counters.updates
        )
        yield CounterMetricFamily(
            f"{CLIENT}_update_errors",
            "Configurations and statuses that were not accepted",
            counters.update_errors,
        )
        yield CounterMetricFamily(
            f"{OURS}_contested_statuses",
            "Writes put off since others write other addresses",
            counters.contested,
        )
        refusals = CounterMetricFamily(f"{OURS}_refusals", "Refusals told to Services", labels=("reason",))
        for reason, count in list(counters.refusals.items()):
            refusals.add_metric((reason,), count)
        yield refusals
        unusable = CounterMetricFamily(
            f"{OURS}_unusable_reports", "Reports of speakers that could not be used", labels=("reason",)
        )
        for flaw, count in list(counters.unusable_reports.items()):
            unusable.add_metric((flaw,), count)
        yield unusable
        yield HistogramMetricFamily(
            f"{OURS}_allocation_seconds",
            "From seeing a Service that lacks an address to the address in its status",
            buckets=counters.allocation.buckets(),
            sum_value=counters.allocation.total,
        )


def _pools(usages: Iterable[PoolUsage]) -> Iterable[Metric]:
    total: dict[str, Counter[str]] = defaultdict(Counter)
    in_use: dict[str, Counter[str]] = defaultdict(Counter)
    for usage in usages:
        for form in ("", f"ipv{usage.free_list.family:d}_"):
            total[form][usage.pool.name] += usage.free_list.capacity
            in_use[form][usage.pool.name] += usage.in_use
    for form in sorted(total):
        kind = f"{form[:4].replace('ip', 'IP')} addresses".strip()
        yield _by_pool(f"{POOL}_{form}addresses_total", f"Number of usable {kind} of a pool", total[form])
        yield _by_pool(f"{POOL}_{form}addresses_in_use_total", f"Number of {kind} in use", in_use[form])


def _by_pool(name: str, text: str, values: Counter[str]) -> Metric:
    family = GaugeMetricFamily(name, text, labels=("pool",))
    for pool, value in values.items():
        family.add_metric((pool,), value)
    return family


def _standing(term: LeadershipTerm) -> Iterable[Metric]:
    yield GaugeMetricFamily(
        f"{CLIENT}_config_loaded_bool",
        "1 once a configuration is in force",
        value=int(term.configuration.loaded),
    )
    yield GaugeMetricFamily(
        f"{CLIENT}_config_stale_bool",
        "1 while the newest configuration is not in force",
        value=int(term.configuration.stale),
    )
    yield GaugeMetricFamily(
        f"{OURS}_queue_length", "Statuses that wait to be written", value=term.queue_length()
    )
    services = GaugeMetricFamily(f"{OURS}_services", "Services by how they stand", labels=("reason",))
    for reason, count in Counter(outcome.reason for outcome in term.outcomes()).items():
        services.add_metric((reason,), count)
    yield services
    text = "Addresses of a pool that somebody outside of the cluster has"
    yield _by_pool(f"{OURS}_quarantined_addresses", text, term.quarantined())
    announced = GaugeMetricFamily(
        f"{OURS}_announcements", "Services with addresses, by who announces these", labels=("reason",)
    )
    for why, count in Counter(condition.reason for condition in term.announcements()).items():
        announced.add_metric((why,), count)
    yield announced
