"""The text of /metrics/resource, as a kubelet has it and Prometheus reads it."""

from mockcloud.node.measuring.exposition import text
from mockcloud.node.measuring.usage import Measured, Usage

WEB = ("default", "web")
MEASURED = Measured(Usage(20.75, 163), {WEB: Usage(15.0, 63, 2.0)}, {WEB: {"main": Usage(7.0, 44, 4.5)}})


def test_every_figure_has_its_labels_and_its_time():
    """Names, labels and units are a kubelet's; a container's start has no time."""
    samples = [line for line in text(MEASURED, 1000.5).splitlines() if not line.startswith("#")]
    assert samples == [
        'container_cpu_usage_seconds_total{container="main",namespace="default",pod="web"} 7.00 1000500',
        'container_memory_working_set_bytes{container="main",namespace="default",pod="web"} 44 1000500',
        'container_start_time_seconds{container="main",namespace="default",pod="web"} 4.50',
        "node_cpu_usage_seconds_total 20.75 1000500",
        "node_memory_working_set_bytes 163 1000500",
        'pod_cpu_usage_seconds_total{namespace="default",pod="web"} 15.00 1000500',
        'pod_memory_working_set_bytes{namespace="default",pod="web"} 63 1000500',
        "resource_scrape_error 0",
    ]


def test_every_metric_says_what_it_is():
    """One HELP and one TYPE each, before its samples; the text ends with a newline."""
    found = text(MEASURED, 0.0)
    names = [line.split()[2] for line in found.splitlines() if line.startswith("# TYPE")]
    assert len(set(names)) == len(names) == 8
    assert found.count("# HELP") == 8
    assert found.endswith("0\n")
