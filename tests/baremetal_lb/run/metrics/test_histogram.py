"""Durations for Prometheus, counted in buckets."""

from baremetal_lb.run.metrics.histogram import Durations


def test_each_bucket_counts_all_below_it():
    """A duration on a bound belongs to it; what is longer than all bounds is in the last."""
    durations = Durations()
    for seconds in (0.001, 0.005, 0.3, 99.0):
        durations.add(seconds)
    buckets = dict(durations.buckets())
    assert (buckets["0.005"], buckets["0.25"], buckets["0.5"], buckets["10.0"], buckets["+Inf"]) == (
        2,
        2,
        3,
        3,
        4,
    )
    assert durations.total == 99.306
