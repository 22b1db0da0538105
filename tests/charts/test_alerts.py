"""Alerts and dashboard ask for metrics that there are, and each alert leads to a section that there is."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from testkit.chart import CHART
from testkit.chart.manifest import objects

ROOT = Path(__file__).parent.parent.parent
METRIC = re.compile(r"\b(?:metallb|baremetal_lb)_\w+")
PAGES = "".join((ROOT / "docs" / name).read_text() for name in ("admin.md", "layer2.md"))
DASHBOARD = json.loads((CHART / "files/dashboard.json").read_text())


def slug(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


ANCHORS = {
    slug(each)
    for each in re.findall(r"^## (.*)$", (ROOT / "docs/troubleshooting.md").read_text(), re.MULTILINE)
}


def section(page: str, anchor: str) -> str:
    """From the heading of this anchor to the next."""
    return next(each for each in page.split("\n## ") if slug(each.partition("\n")[0]) == anchor)


@pytest.fixture(scope="module")
def alerts(render) -> list[dict]:
    rendered = render("--set", "prometheus.prometheusRule.enabled=true")
    (rule,) = [each for each in objects(rendered) if each["kind"] == "PrometheusRule"]
    return rule["spec"]["groups"][0]["rules"]


def documented(name: str) -> bool:
    """tests/baremetal_lb/test_docs.py holds that these pages have every metric, and no other."""
    return re.search(rf"`{re.sub(r'_(bucket|sum|count)$', '', name)}[`{{]", PAGES) is not None


def test_alerts_ask_for_metrics_that_there_are(alerts):
    """Else they would never fire."""
    for alert in alerts:
        names = METRIC.findall(alert["expr"])
        assert names, alert["alert"]
        assert [each for each in names if not documented(each)] == [], alert["alert"]


def test_every_alert_leads_to_its_section(alerts):
    """In docs/troubleshooting.md, which names the alert."""
    page = (ROOT / "docs/troubleshooting.md").read_text()
    for alert in alerts:
        path, _, anchor = alert["annotations"]["runbook_url"].partition("#")
        assert path == "docs/troubleshooting.md"
        assert anchor in ANCHORS, alert["alert"]
        named = re.sub(r"\d+Percent", "…Percent", alert["alert"])
        assert f"`{named}`" in section(page, anchor)
        assert alert["annotations"]["summary"]
        assert alert["labels"]["severity"] in ("warning", "critical")


def test_the_template_has_every_alert_once(alerts):
    """Two of one name would be one in Prometheus' page."""
    names = [each["alert"] for each in alerts]
    assert len(set(names)) == len(names)


def test_the_dashboard_asks_for_metrics_that_there_are():
    """And says what each panel shows."""
    asked = [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]
    names = [each for expr in asked for each in METRIC.findall(expr) if not each.endswith("_")]
    assert names
    assert [each for each in names if not documented(each)] == []
    titles = [panel["title"] for panel in DASHBOARD["panels"]]
    assert len(set(titles)) == len(titles)
