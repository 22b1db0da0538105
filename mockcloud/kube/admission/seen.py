"""What expressions see of a write: its objects, the request, its namespace, and what its author may."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from mockcloud.kube.admission.attributes import Attributes
from mockcloud.kube.admission.requests import request_of, shown
from mockcloud.kube.auth.questions import Question
from mockcloud.kube.auth.rbac.policy import Policy
from mockcloud.kube.auth.user import User
from mockcloud.kube.json_types import JsonObject
from mockcloud.kube.resources.admission_expressions import NAMESPACE as NAMESPACE_TYPE
from mockcloud.kube.resources.admission_expressions import REQUEST, REQUESTED
from mockcloud.kube.resources.cel.errors import CostExceeded, EvaluationError
from mockcloud.kube.resources.cel.functions.authorization import Asking
from mockcloud.kube.resources.cel.programs import Budget, Program
from mockcloud.kube.resources.cel.types import cel_value
from mockcloud.kube.resources.core.namespace import NAMESPACE
from mockcloud.kube.resources.kind import Kind

OUT_OF_BUDGET = "validation failed due to running out of cost budget, no further validation rules will be run"


class Failed(Exception):
    """An expression has no value, in upstream's words; `ends`: nothing more is evaluated."""

    def __init__(self, why: str, *, ends: bool = False) -> None:
        self.ends = ends
        super().__init__(why)


class Made(Mapping[str, Any]):
    """Variables that a policy makes: each is computed when it is first looked at."""

    def __init__(self, programs: Mapping[str, Program], bindings: Mapping[str, Any], budget: Budget) -> None:
        self._programs = programs
        self._bindings = bindings
        self._budget = budget
        self._known: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401
        if name not in self._known:
            try:
                program = self._programs[name]
                self._known[name] = program.value({**self._bindings, "variables": self}, self._budget)
            except EvaluationError as exc:
                self._known[name] = EvaluationError(f'composited variable "{name}" fails to evaluate: {exc}')
        found = self._known[name]
        if isinstance(found, EvaluationError):
            raise found
        return found

    def __contains__(self, name: object) -> bool:
        return name in self._programs

    def __iter__(self) -> Iterator[str]:
        return iter(self._programs)

    def __len__(self) -> int:
        return len(self._programs)


def bindings(write: Attributes, kind: Kind, policy: Policy) -> dict[str, Any]:
    """The variables of a write that is seen as of this version of its kind."""
    request = request_of(write, kind)
    asking = Asking(_decide(policy, write.user))
    requested = asking.about("ResourceCheck", group=write.kind.group, resource=write.kind.plural)
    requested = requested.about(subresource=write.subresource, namespace=write.namespace, name=write.name)
    return {
        "object": shown(write.object, write.kind, kind) or None,
        "oldObject": shown(write.old, write.kind, kind) if write.old else None,
        "request": cel_value(request, REQUEST),
        "namespaceObject": lambda: _namespace(write, policy),
        "authorizer": asking,
        REQUESTED: requested,
    }


def value(program: Program, seen: Mapping[str, Any], budget: Budget) -> Any:  # noqa: ANN401
    """What an expression is worth; Failed where it has no value."""
    if budget.left <= 0:
        raise Failed(OUT_OF_BUDGET, ends=True)
    try:
        return program.value(seen, budget)
    except EvaluationError as exc:
        msg = f"expression '{program.source}' resulted in error: {exc}"
        raise Failed(msg) from exc
    except CostExceeded as exc:
        raise Failed(OUT_OF_BUDGET, ends=True) from exc


def _namespace(write: Attributes, policy: Policy) -> JsonObject | None:
    if not write.namespace or write.kind is NAMESPACE:
        return None
    stored = policy.store.get(NAMESPACE.storage, ("", write.namespace))
    return cel_value(stored.object, NAMESPACE_TYPE) if stored is not None else None


def _decide(policy: Policy, user: User) -> Callable[[dict[str, str]], tuple[bool, str]]:
    def decide(asked: dict[str, str]) -> tuple[bool, str]:
        account = asked.pop("account", "")
        who = user
        if account:
            namespace, _, name = account.partition(":")
            groups = ("system:serviceaccounts", f"system:serviceaccounts:{namespace}", "system:authenticated")
            who = User(f"system:serviceaccount:{namespace}:{name}", groups=groups)
        decision = policy.decide(who, Question(**asked))
        return decision.allowed, decision.why

    return decide
