"""Expressions ready to be evaluated, compiled once for the types of their variables."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

from mockcloud.kube.resources.cel.checking import checked
from mockcloud.kube.resources.cel.errors import CompileError, EvaluationError, Issue
from mockcloud.kube.resources.cel.evaluating import State, Step, step_of
from mockcloud.kube.resources.cel.functions import LIBRARY
from mockcloud.kube.resources.cel.parsing import parsed
from mockcloud.kube.resources.cel.types import DYN, Type

PER_CALL: Final = 1_000_000
"""What one evaluation may cost (apiserver's PerCallLimit): less than a second."""
PER_WRITE: Final = 2_500_000
"""What all rules of one object, or one binding of a policy, may cost: a second or two."""
MATCH_CONDITIONS: Final = 1_000_000
_TOO_DEEP: Final = "expression recursion limit exceeded"


@dataclass(slots=True)
class Budget:
    """What several evaluations may cost together."""

    left: int


@dataclass(frozen=True, slots=True)
class Program:
    """A compiled expression: the type of its value, and the variables that it looks at."""

    source: str
    type: Type
    uses: frozenset[str]
    step: Step = field(repr=False)

    def value(self, variables: Mapping[str, Any], budget: Budget) -> Any:  # noqa: ANN401
        """Its value; EvaluationError where it has none, CostExceeded where that is too costly to find out."""
        most = min(PER_CALL, budget.left)
        state = State(dict(variables), most)
        try:
            return self.step(state)
        except RecursionError:
            raise EvaluationError(_TOO_DEEP) from None
        finally:
            budget.left -= most - max(state.left, 0)


def compiled(source: str, variables: Mapping[str, Type]) -> Program:
    """The expression for variables of these types; CompileError where it is none."""
    try:
        node = parsed(source)
        kind, used = checked(node, source, variables, LIBRARY)
        return Program(source, kind, frozenset(used), step_of(node, LIBRARY))
    except RecursionError:
        raise CompileError(source[:100], [Issue(0, _TOO_DEEP)]) from None


@lru_cache(maxsize=1024)
def compiled_untyped(source: str, variables: tuple[str, ...]) -> Program:
    """The expression for variables of which nothing is known but their names."""
    return compiled(source, dict.fromkeys(variables, DYN))
