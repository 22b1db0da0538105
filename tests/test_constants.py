"""What several programs of a package must agree on is written in one place of it."""

from __future__ import annotations

import ast
from functools import cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mockcloud import cluster_defaults, readiness
from mockcloud.lab import topology

if TYPE_CHECKING:
    from collections.abc import Iterator

    from _pytest.mark import ParameterSet

ROOT = Path(__file__).parent.parent
NETWORKS = IPv4Address | IPv4Network | IPv6Address | IPv6Network
HOMES = {cluster_defaults: NETWORKS | str | int, topology: NETWORKS, readiness: str}
# Options whose class of settings has the default: what `default=` says must be read from there.
OPTIONS = ("option", "add", "add_argument")


@cache
def modules(package: str) -> list[tuple[Path, ast.Module]]:
    return [
        (path.relative_to(ROOT), ast.parse(path.read_text()))
        for path in sorted((ROOT / package).rglob("*.py"))
    ]


@cache
def literals(tree: ast.Module) -> list[str | int]:
    """Those of the code: docstrings are for people."""
    prose = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    found = (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in prose)
    return [node.value for node in found if isinstance(node.value, str | int)]


def says(literal: str | int, fact: str | int) -> bool:
    """A port may stand in a URL, a range in a list."""
    if isinstance(literal, int) or isinstance(fact, int):
        return literal == fact or (isinstance(literal, str) and f":{fact}" in literal)
    return fact in literal


def facts() -> Iterator[ParameterSet]:
    """Ranges, addresses, ports and names: module that has it, and the value."""
    for home, kinds in HOMES.items():
        for name, value in vars(home).items():
            if name.isupper() and isinstance(value, kinds):
                fact = value if isinstance(value, int) else str(value)
                yield pytest.param(home, fact, id=f"{home.__name__}.{name}")


@pytest.mark.parametrize(("home", "fact"), [*facts()])
def test_a_fact_of_the_lab_is_written_in_its_home_only(home, fact):
    """Four files had the Service ranges, five the cluster's domain."""
    said = {
        str(path) for path, tree in modules("mockcloud") if any(says(each, fact) for each in literals(tree))
    }
    assert said <= {str(Path(home.__file__).relative_to(ROOT))}


def settings(package: str) -> dict[str, set[str]]:
    """The fields of the package's classes of settings that have a default: file -> names."""
    found = {}
    for path, tree in modules(package):
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef) and node.name in {"Settings", "Plan"}:
                fields = (each for each in node.body if isinstance(each, ast.AnnAssign) and each.value)
                found[str(path)] = {each.target.id for each in fields}
    return found


def written_defaults(package: str) -> Iterator[tuple[str, str]]:
    """File and name of each option with a literal default."""
    for path, tree in modules(package):
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or not node.args or not isinstance(node.args[0], ast.Constant):
                continue
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            defaults = [each.value for each in node.keywords if each.arg == "default"]
            if name in OPTIONS and any(isinstance(each, ast.Constant) for each in defaults):
                flags = [each.value for each in node.args if isinstance(each, ast.Constant)]
                yield str(path), flags[0].split("/")[0].removeprefix("--").replace("-", "_")


@pytest.mark.parametrize("package", ["baremetal_lb", "mockcloud"])
def test_a_flags_default_is_written_once(package):
    """In the class of settings, or at the flag, but not in both."""
    fields = set().union(*settings(package).values())
    assert fields, "no class of settings has defaults"
    assert [(path, name) for path, name in written_defaults(package) if name in fields] == []
