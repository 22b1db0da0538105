"""What a node uses, as a kubelet says it at /metrics/resource. Pure.

Source: kubernetes v1.34 `pkg/kubelet/metrics/collectors/resource_metrics.go`.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from mockcloud.node.measuring.usage import Measured, Usage

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_Row = tuple[str, Usage]  # labels, and what is measured


def text(measured: Measured, now: float) -> str:
    """In Prometheus' text form; `now` (seconds since the epoch) is when it was measured."""
    containers = [
        (f'{{container="{name}",namespace="{pod[0]}",pod="{pod[1]}"}}', usage)
        for pod, each in sorted(measured.containers.items())
        for name, usage in sorted(each.items())
    ]
    pods = [
        (f'{{namespace="{name[0]}",pod="{name[1]}"}}', usage) for name, usage in sorted(measured.pods.items())
    ]
    lines = [
        *_both("container", containers, now),
        *_head("container_start_time_seconds", "gauge", "When the container started, since the epoch"),
        *(f"container_start_time_seconds{labels} {usage.started:.2f}" for labels, usage in containers),
        *_both("node", [("", measured.node)], now),
        *_both("pod", pods, now),
        *_head("resource_scrape_error", "gauge", "1 if the figures could not be had, else 0"),
        "resource_scrape_error 0",
        "",
    ]
    return "\n".join(lines)


def _both(of: str, rows: Iterable[_Row], now: float) -> Iterator[str]:
    """CPU time and memory, each with its time in milliseconds."""
    rows, stamp = sorted(rows, key=lambda row: row[0]), int(now * 1000)
    cpu, memory = f"{of}_cpu_usage_seconds_total", f"{of}_memory_working_set_bytes"
    yield from _head(cpu, "counter", f"CPU time of the {of} so far, in core-seconds")
    yield from (f"{cpu}{labels} {usage.cpu_seconds:.2f} {stamp}" for labels, usage in rows)
    yield from _head(memory, "gauge", f"Memory of the {of} now, in bytes")
    yield from (f"{memory}{labels} {usage.memory_bytes} {stamp}" for labels, usage in rows)


def _head(name: str, kind: str, help_text: str) -> Iterator[str]:
    yield from (f"# HELP {name} [STABLE] {help_text}", f"# TYPE {name} {kind}")
