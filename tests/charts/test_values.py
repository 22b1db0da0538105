"""values.yaml, its schema, its README and the programs say the same. No helm is needed."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from baremetal_lb.decide.pools import schema as pools
from baremetal_lb.settings import Settings
from testkit.chart import CHART, values

ROOT = Path(__file__).parent.parent.parent
TEXT = (CHART / "values.yaml").read_text()
VALUES = yaml.safe_load(TEXT)
SCHEMA = json.loads((CHART / "values.schema.json").read_text())
DEFAULTS = Settings()


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    return SCHEMA["definitions"][schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema


def paths(schema: dict[str, Any], above: str = "") -> set[str]:
    """All that the schema knows, down to what it lets be anything."""
    found = set()
    for name, held in resolved(schema).get("properties", {}).items():
        path = f"{above}{name}"
        below = paths(held, f"{path}.")
        found |= below or {path}
    return found


def test_every_value_has_its_row_in_the_readme():
    """The table is made from the comments: `make manifest` after a change."""
    readme = (CHART / "README.md").read_text()
    assert values.with_table(readme, values.documented(TEXT)) == readme


def test_the_schema_knows_every_value_and_no_other():
    """`global` is what a chart above this one may pass down."""
    told = {each.path for each in values.documented(TEXT)}
    known = paths(SCHEMA) - {"global"}
    assert {
        each for each in told if each not in known and not any(k.startswith(f"{each}.") for k in known)
    } == set()
    assert {
        each for each in known if each not in told and not any(each.startswith(f"{t}.") for t in told)
    } == set()


def closed(schema: dict[str, Any], path: str = "") -> list[str]:
    """Mappings with names of their own that would let a typing error pass."""
    schema, found = resolved(schema), []
    if "properties" in schema:
        found += [] if schema.get("additionalProperties") is False else [path]
        for name, held in schema["properties"].items():
            found += closed(held, f"{path}.{name}")
    if "items" in schema:
        found += closed(schema["items"], f"{path}[]")
    return found


def test_an_unknown_key_is_refused_everywhere():
    """Wherever names are ours."""
    assert closed(SCHEMA) == []


def aliases(section: type) -> dict[str, bool]:
    return {field.alias: field.is_required() for field in section.model_fields.values()}


@pytest.mark.parametrize(
    ("where", "section"),
    [
        (SCHEMA["definitions"]["pool"], pools.PoolSection),
        (SCHEMA["definitions"]["pool"]["properties"]["service-allocation"], pools.Allocation),
        (SCHEMA["definitions"]["selector"], pools.Selector),
        (SCHEMA["definitions"]["matchExpression"], pools.MatchExpression),
        (SCHEMA["properties"]["configInline"], pools.Document),
    ],
    ids=["pool", "service-allocation", "selector", "match-expression", "document"],
)
def test_pools_have_the_keys_of_the_config_map(where, section):
    """What the controller accepts the chart does, too."""
    expected = aliases(section)
    assert set(where["properties"]) == set(expected)
    assert set(where.get("required", ())) == {name for name, required in expected.items() if required}


@pytest.mark.parametrize(
    ("value", "setting"),
    [
        (VALUES["controller"]["logLevel"], DEFAULTS.log_level),
        (VALUES["controller"]["quarantine"], DEFAULTS.quarantine),
        (VALUES["speaker"]["logLevel"], DEFAULTS.log_level),
        (VALUES["speaker"]["memberlist"]["mlBindPort"], DEFAULTS.membership_port),
        (VALUES["speaker"]["memberlist"]["heartbeatInterval"], DEFAULTS.heartbeat_interval),
        (VALUES["speaker"]["memberlist"]["returnDelay"], DEFAULTS.return_delay),
        (VALUES["speaker"]["gratuitousInterval"], DEFAULTS.gratuitous_interval),
        (VALUES["speaker"]["probeTime"], DEFAULTS.probe_time),
        (VALUES["speaker"]["watchdogInterval"], DEFAULTS.watchdog_interval),
        (VALUES["speaker"]["ignoreExcludeLB"], DEFAULTS.ignore_exclude_label),
        (VALUES["speaker"]["avoidCordoned"], DEFAULTS.avoid_cordoned),
        (VALUES["loadBalancerClass"], DEFAULTS.load_balancer_class),
    ],
)
def test_defaults_are_the_programs_own(value, setting):
    """An installation behaves as the pages of the options say."""
    assert value == setting


def test_a_rollout_waits_until_a_node_has_its_addresses_back():
    """Else the next node's speaker goes while this one still leaves its addresses to others."""
    speaker = VALUES["speaker"]
    assert speaker["minReadySeconds"] > speaker["memberlist"]["returnDelay"]


def test_the_chart_has_the_version_of_the_package():
    """One release, one number."""
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert (chart["version"], chart["appVersion"]) == (version, version)


def test_what_replaces_metallbs_values_is_there():
    """The names that docs/from-metallb.md gives in its right column."""
    page = (ROOT / "docs/from-metallb.md").read_text()
    section = page.partition("### Values of MetalLB's chart")[2].partition("\n### ")[0]
    named = re.findall(r"^\| .* \| (.*) \|$", section, re.MULTILINE)[2:]
    ours = {name for cell in named for name in re.findall(r"`([a-z]\w*\.[\w.]+)`", cell)}
    assert ours
    assert ours - {each.path for each in values.documented(TEXT)} == set()


def test_a_value_without_a_comment_is_found():
    """Nobody adds one that the README does not have."""
    with pytest.raises(values.UndocumentedError, match=r"^a\.b has no comment"):
        values.documented("a:\n  # not for people\n  b: 1\n")
