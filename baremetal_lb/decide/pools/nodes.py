"""Selectors of labels, and what nodes and interfaces announce a pool: sections -> values, and faults."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from baremetal_lb.model.name_patterns import NamePattern
from baremetal_lb.model.pools import LabelSelector, Operator, Placement, Preference, Requirement

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import TypeAlias

    from baremetal_lb.decide.pools.schema import PoolSection, Selector

    Fault: TypeAlias = Callable[[str, str], None]

LONGEST_PATTERN: Final = 200  # characters; an interface's name has 15
LAYER2_ONLY: Final = ("interfaces", "node-selectors", "preferred-node-selectors")


def check_protocol(fault: Fault, path: str, section: PoolSection) -> None:
    """What has no effect in a pool that is not announced by layer 2 must not stand there."""
    given = (section.interfaces, section.node_selectors, section.preferred_node_selectors)
    for key, value in zip(LAYER2_ONLY, given, strict=True):
        if value and section.protocol != "layer2":
            fault(f"{path}.{key}", f"is only for pools of protocol layer2; this one is {section.protocol}")


def placement(fault: Fault, path: str, section: PoolSection) -> Placement:
    """Where the pool at `path` is announced; what is wrong is told to `fault` by path."""
    return Placement(
        selectors(fault, f"{path}.node-selectors", section.node_selectors),
        tuple(_patterns(fault, f"{path}.interfaces", section.interfaces)),
        tuple(_preferences(fault, f"{path}.preferred-node-selectors", section)),
    )


def selectors(fault: Fault, path: str, sections: Sequence[Selector]) -> tuple[LabelSelector, ...]:
    """The selectors of a list."""
    return tuple(_selector(fault, f"{path}[{at}]", each) for at, each in enumerate(sections))


def _selector(fault: Fault, path: str, section: Selector) -> LabelSelector:
    lines = []
    for at, each in enumerate(section.match_expressions):
        operator = Operator(each.operator)
        wants_values = operator in {Operator.IN, Operator.NOT_IN}
        if wants_values != bool(each.values):
            what = "needs at least one value" if wants_values else "takes no values"
            fault(f"{path}.match-expressions[{at}].values", f"operator {operator} {what}")
        lines.append(Requirement(each.key, operator, frozenset(each.values)))
    return LabelSelector(tuple(sorted(section.match_labels.items())), tuple(lines))


def _patterns(fault: Fault, path: str, texts: Sequence[str]) -> Iterator[NamePattern]:
    for at, text in enumerate(texts):
        if len(text) > LONGEST_PATTERN:
            fault(f"{path}[{at}]", f"has {len(text)} characters; expected at most {LONGEST_PATTERN}")
            continue
        try:
            yield NamePattern(text)
        except ValueError as exc:
            fault(
                f"{path}[{at}]", f"is {text!r}; expected an interface's name or a regular expression: {exc}"
            )


def _preferences(fault: Fault, path: str, section: PoolSection) -> Iterator[Preference]:
    for at, each in enumerate(section.preferred_node_selectors):
        yield Preference(each.weight, _selector(fault, f"{path}[{at}].preference", each.preference))
