"""The version is written once, in pyproject.toml; what else says it follows."""

import importlib.metadata
import re
import tomllib

import yaml

from tests.packaging.installs import ROOT

VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]


def test_the_makefile_reads_it():
    """`make image` and `make dist` name their files after it."""
    (pattern,) = re.findall(
        r"^VERSION := \$\(shell sed -n 's/(.*)/\\1/p' pyproject.toml\)$",
        (ROOT / "Makefile").read_text(),
        re.M,
    )

    found = re.findall(
        pattern.replace(r"\(", "(").replace(r"\)", ")"), (ROOT / "pyproject.toml").read_text(), re.M
    )
    assert found == [VERSION]


def test_the_commands_say_it():
    """By the installed package's metadata."""
    assert importlib.metadata.version("baremetal-lb") == VERSION


def test_the_chart_has_it():
    """The chart's version and the image's tag that it deploys."""
    chart = yaml.safe_load((ROOT / "charts/baremetal-lb/Chart.yaml").read_text())

    assert (chart["version"], chart["appVersion"]) == (VERSION, VERSION)
