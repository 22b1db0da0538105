"""What goes wrong with an expression: it does not compile, it fails on its values, or it costs too much."""

from dataclasses import dataclass
from typing import Final

NO_OVERLOAD: Final = "no such overload"


@dataclass(frozen=True, slots=True)
class Issue:
    """One complaint of the compiler: an offset in the text, and what is wrong there."""

    at: int
    message: str


class CompileError(Exception):
    """The expression is none; the text is that of cel-go, with a pointer into the source for each issue."""

    def __init__(self, source: str, issues: list[Issue]) -> None:
        self.issues = issues
        super().__init__("\n".join(_shown(source, issue) for issue in issues))


def _shown(source: str, issue: Issue) -> str:
    before = source[: issue.at]
    line, column = before.count("\n"), issue.at - (before.rfind("\n") + 1)
    text = source.split("\n")[line].replace("\t", " ")
    return f"ERROR: <input>:{line + 1}:{column + 1}: {issue.message}\n | {text}\n | {'.' * column}^"


class EvaluationError(Exception):
    """The expression has no value for these variables; `&&` and `||` may do without it."""


class CostExceeded(Exception):
    """The expression was given up."""

    def __init__(self) -> None:
        super().__init__("operation cancelled: actual cost limit exceeded")


def no_overload() -> EvaluationError:
    """A function or operator got values that it is not for."""
    return EvaluationError(NO_OVERLOAD)
