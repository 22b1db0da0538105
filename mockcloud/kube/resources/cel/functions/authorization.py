"""What the user may do, asked of authorization: `authorizer.group('apps').resource('pods').check('get')`."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Final

from mockcloud.kube.resources.cel.declarations import Row

Decide = Callable[[dict[str, str]], tuple[bool, str]]
"""{verb, group, resource, subresource, namespace, name, path, account} -> (whether it may be, why)."""
_NAMES: Final = "kubernetes.authorization."


@dataclass(frozen=True, slots=True)
class Asking:
    """A question as far as it goes: its type says what may be said of it next."""

    decide: Decide = field(repr=False)
    asked: dict[str, str] = field(default_factory=dict)
    cel_type: str = f"{_NAMES}Authorizer"

    def about(self, kind: str = "", **said: str) -> "Asking":
        """The same question with more said."""
        return replace(self, asked={**self.asked, **said}, cel_type=_NAMES + kind if kind else self.cel_type)

    def check(self, verb: str) -> "Answer":
        """What authorization says."""
        allowed, reason = self.decide({**self.asked, "verb": verb})
        return Answer(allowed, reason)


@dataclass(frozen=True, slots=True)
class Answer:
    """What authorization said."""

    allowed: bool
    reason: str
    cel_type: str = field(default=f"{_NAMES}Decision", compare=False)


def _unselected(asking: Asking, _selector: Any) -> Asking:  # noqa: ANN401
    """Roles do not look at selectors."""
    return asking


ROWS: Final[tuple[Row, ...]] = (
    ("Authorizer :: path(string) -> PathCheck", lambda a, path: a.about("PathCheck", path=path)),
    ("Authorizer :: group(string) -> GroupCheck", lambda a, group: a.about("GroupCheck", group=group)),
    (
        "Authorizer :: serviceAccount(string, string) -> Authorizer",
        lambda a, namespace, name: a.about(account=f"{namespace}:{name}"),
    ),
    (
        "GroupCheck :: resource(string) -> ResourceCheck",
        lambda a, name: a.about("ResourceCheck", resource=name),
    ),
    ("ResourceCheck :: subresource(string) -> ResourceCheck", lambda a, name: a.about(subresource=name)),
    ("ResourceCheck :: namespace(string) -> ResourceCheck", lambda a, name: a.about(namespace=name)),
    ("ResourceCheck :: name(string) -> ResourceCheck", lambda a, name: a.about(name=name)),
    ("ResourceCheck :: fieldSelector(string) -> ResourceCheck", _unselected),
    ("ResourceCheck :: labelSelector(string) -> ResourceCheck", _unselected),
    ("ResourceCheck :: check(string) -> Decision", Asking.check),
    ("PathCheck :: check(string) -> Decision", Asking.check),
    ("Decision :: allowed() -> bool", lambda answer: answer.allowed),
    ("Decision :: reason() -> string", lambda answer: answer.reason),
    ("Decision :: errored() -> bool", lambda _answer: False),
    ("Decision :: error() -> string", lambda _answer: ""),
)
