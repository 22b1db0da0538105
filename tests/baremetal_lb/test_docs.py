"""The pages for people know every word that the program knows."""

import re
from pathlib import Path

import click
import pytest
from pydantic import BaseModel

from baremetal_lb.__main__ import main
from baremetal_lb.decide.pools import schema
from baremetal_lb.decide.pools.parse import parse_config
from baremetal_lb.model import api_names
from baremetal_lb.model.announcements import (
    NodeOut,
)
from baremetal_lb.model.api_names import (
    ALLOCATED,
    ANNOUNCED,
    AnnouncedReason,
    EventReason,
    Reason,
)
from baremetal_lb.model.reports import Flaw
from baremetal_lb.run.metrics.controller import ControllerMetrics
from baremetal_lb.run.metrics.counters import Counters
from baremetal_lb.settings import Settings

DOCS = Path(__file__).parent.parent.parent / "docs"
ADMIN = (DOCS / "admin.md").read_text()
LAYER2 = (DOCS / "layer2.md").read_text()
FROM_METALLB = (DOCS / "from-metallb.md").read_text()


def keys_of(*sections: type[BaseModel]) -> list[str]:
    return [field.alias for section in sections for field in section.model_fields.values()]


def told(page: str, word: str) -> bool:
    return re.search(rf"`{re.escape(word)}(`|:)", page) is not None


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_of_the_condition_has_its_row(reason):
    """With its status and what to do about it."""
    row = re.search(rf"^\| `{reason}` \| (True|False) \| (.+) \|$", ADMIN, re.MULTILINE)
    assert row is not None, f"docs/admin.md has no row for {reason}"
    assert len(row[2]) > 10 or reason is Reason.ALLOCATED


@pytest.mark.parametrize("reason", AnnouncedReason)
def test_every_reason_of_the_other_condition_has_its_row(reason):
    """Only the first is True."""
    status = reason is AnnouncedReason.ANNOUNCED
    assert re.search(rf"^\| `{reason}` \| {status} \| .+ \|$", ADMIN, re.MULTILINE)


@pytest.mark.parametrize("flaw", Flaw)
def test_every_flaw_of_a_report_is_told(flaw):
    """The metric's label has it."""
    assert f"`{flaw}`" in ADMIN


@pytest.mark.parametrize("reason", EventReason)
def test_every_event_has_its_row(reason):
    """With the type that it really has."""
    kind = "Warning" if reason.is_warning else "Normal"
    assert f"| `{reason}` | {kind} |" in ADMIN


@pytest.mark.parametrize("key", keys_of(schema.PoolSection))
def test_every_key_of_a_pool_has_its_row(key):
    """Nobody has to read the schema."""
    assert f"| `{key}` |" in ADMIN


@pytest.mark.parametrize(
    "key",
    keys_of(
        *(schema.Document, schema.Allocation, schema.Selector, schema.MatchExpression),
        *(schema.NodePreference, schema.BgpAdvertisement),
    ),
)
def test_every_other_key_is_named(key):
    """Those inside of a pool's sections, and those beside the pools."""
    assert told(ADMIN, key)


@pytest.mark.parametrize(
    "name",
    [
        *api_names.PREFIXES,
        api_names.ADDRESSES,
        api_names.POOL,
        api_names.SHARING_KEY,
        api_names.CONSENT,
        api_names.ALLOCATED_FROM,
        ALLOCATED,
        ANNOUNCED,
    ],
)
def test_every_annotation_is_named(name):
    """And the prefixes they are read under."""
    assert told(ADMIN, name)


def test_every_option_of_the_controller_has_its_row():
    """With its default."""
    command = main.commands["controller"]
    for option in command.params:
        assert isinstance(option, click.Option)
        row = next((line for line in ADMIN.splitlines() if line.startswith(f"| `{option.opts[0]}`")), None)
        assert row is not None, option.opts
        if isinstance(option.default, str | int) and option.show_default and not option.is_flag:
            assert f"`{option.default}`" in row, option.opts


def test_every_option_of_the_speaker_has_its_row():
    """With its default; those that it has in common with the controller stand with the controller's."""
    for option in main.commands["speaker"].params:
        assert isinstance(option, click.Option)
        rows = [line for line in (LAYER2 + ADMIN).splitlines() if line.startswith(f"| `{option.opts[0]}`")]
        assert rows, option.opts
        if isinstance(option.default, int | float) and option.show_default and not option.is_flag:
            assert any(f"`{option.default}`" in row for row in rows), option.opts


@pytest.mark.parametrize("reason", NodeOut)
def test_every_reason_of_a_node_has_its_row(reason):
    """With what to do about it."""
    assert re.search(rf"^\|.*`{reason}`.*\|.+\|.*\|$", LAYER2, re.MULTILINE)


METRICS = DOCS.parent / "baremetal_lb/run/metrics"


def test_every_metric_of_the_speaker_is_named():
    """As Prometheus shows it."""
    text = "".join(each.read_text() for each in METRICS.glob("*.py") if each.name != "controller.py")
    names = re.findall(r'"((?:metallb|baremetal_lb)_speaker_\w+)"', text)
    names += [f"baremetal_lb_speaker_{ending}" for ending in re.findall(r'\{OURS\}_(\w+)"', text)]
    names += [f"metallb_layer2_{ending}" for ending in re.findall(r'_untyped\("(\w+)"', text)]
    assert len(names) > 15
    for name in set(names) - {"baremetal_lb_speaker"}:
        assert re.search(rf"`{name}(_total)?[`{{]", LAYER2), name


def test_every_metric_of_the_controller_is_named():
    """As Prometheus shows it."""
    families = [*ControllerMetrics(Counters(), lambda: None).collect()]
    names = {each.name + ("_total" if each.type == "counter" else "") for each in families}
    for name in names:
        assert f"`{name}`" in ADMIN
    source = (METRICS / "controller.py").read_text()
    for ending in re.findall(r'\{CLIENT\}_(\w+_bool)"', source):
        assert f"`metallb_k8s_client_{ending}`" in ADMIN
    for ending in re.findall(r'\{OURS\}_(\w+)"', source):
        assert f"`baremetal_lb_controller_{ending}" in ADMIN


def test_the_configurations_on_the_pages_are_accepted():
    """What a person copies works."""
    for page in (ADMIN, FROM_METALLB):
        for block in re.findall(r"```yaml\n(.+?)```", page, re.DOTALL):
            text = block.partition("  config: |\n")[2]
            lines = [line.removeprefix("    ") for line in text.splitlines()]
            assert parse_config("\n".join(lines)).pools


def test_links_between_pages_lead_somewhere():
    """Within docs/."""
    for page in (ADMIN, LAYER2, FROM_METALLB):
        for target in re.findall(r"\]\(([^)#:]+)\)", page):
            assert (DOCS / target).exists(), target


def test_settings_have_the_defaults_that_the_page_tells():
    """The page's defaults come from the command line; a Controller built otherwise must not differ."""
    for option in main.commands["controller"].params:
        if isinstance(option.default, str | int):
            assert getattr(Settings(), option.name) == option.default
