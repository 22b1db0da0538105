"""ValidatingAdmissionPolicy: what policies, as they are bound, say of a write.

Source of rules and words: k8s.io/apiserver v0.34 `pkg/admission/plugin/policy/validating`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

import orjson

from mockcloud.kube.admission.annotations import annotate
from mockcloud.kube.admission.attributes import Attributes
from mockcloud.kube.admission.conditions import met
from mockcloud.kube.admission.matching import criteria_kind
from mockcloud.kube.admission.parameters import BadParameters, params_of
from mockcloud.kube.admission.seen import Failed, Made, bindings, value
from mockcloud.kube.admission.warnings import warn
from mockcloud.kube.auth.rbac.policy import Policy
from mockcloud.kube.json_types import JsonObject, object_at, objects_at
from mockcloud.kube.resources.admission_expressions import BadExpression, expression, variables
from mockcloud.kube.resources.admission_policies import BINDING, POLICY
from mockcloud.kube.resources.cel.programs import PER_WRITE, Budget, Program
from mockcloud.kube.resources.kind import Kind
from mockcloud.kube.resources.scheme import Scheme
from mockcloud.kube.writes.refusals import Refusal, forbidden

GROUP: Final = POLICY.group
_CODES: Final = {"Forbidden": 403, "RequestEntityTooLarge": 413}
_LONGEST_MESSAGE: Final = 5 << 10
_LONGEST_ANNOTATION: Final = 10 << 10
_FAILURE: Final = "validation.policy.admission.k8s.io/validation_failure"


@dataclass(frozen=True, slots=True)
class Compiled:
    """The expressions of one policy."""

    variables: dict[str, Program]
    validations: list[tuple[JsonObject, Program, Program | None]]
    annotations: list[tuple[str, Program]]


@dataclass(slots=True)
class Denial:
    """One reason to refuse a write: of which policy, by which binding ("" where it is the policy itself)."""

    policy: str
    binding: str
    message: str
    reason: str = "Invalid"


@dataclass(slots=True)
class _Run:
    """One policy asked about one write."""

    policy: JsonObject
    write: Attributes
    kind: Kind
    denials: list[Denial] = field(default_factory=list)
    annotations: dict[str, list[str]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return str(self.policy["metadata"]["name"])

    @property
    def spec(self) -> JsonObject:
        return object_at(self.policy, "spec")

    @property
    def fails(self) -> bool:
        return self.spec.get("failurePolicy") != "Ignore"

    def misconfigured(self, binding: str, why: str) -> None:
        """The policy cannot be asked."""
        if self.fails:
            what = "binding" if binding else "policy"
            self.denials.append(Denial(self.name, binding, f"failed to configure {what}: {why}"))


@dataclass(frozen=True, slots=True)
class AdmissionPolicies:
    """Asks those that are in the store about each write."""

    policy: Policy
    scheme: Scheme

    async def validate(self, write: Attributes) -> None:
        """Refusal by the first binding that denies the write."""
        if write.kind.group == GROUP:
            return  # nobody can be locked out of what would let him in again
        denials: list[Denial] = []
        store = self.policy.store
        for stored in store.objects(POLICY.storage):
            policy = stored.object
            criteria = object_at(object_at(policy, "spec"), "matchConstraints")
            kind = criteria_kind(criteria, write, store, self.scheme)
            if kind is not None:
                run = _Run(policy, write, kind)
                self._ask(run)
                denials += run.denials
        if denials:
            raise _refusal(write, denials[0])

    def _ask(self, run: _Run) -> None:
        store = self.policy.store
        bound = [
            each.object
            for each in store.objects(BINDING.storage)
            if object_at(each.object, "spec").get("policyName") == run.name
        ]
        for binding in bound:
            criteria = object_at(binding["spec"], "matchResources")
            if criteria and criteria_kind(criteria, run.write, store, self.scheme) is None:
                continue
            try:
                params = params_of(run.spec, binding["spec"], run.write.namespace, store, self.scheme)
            except BadParameters as exc:
                run.misconfigured("" if exc.of_policy else binding["metadata"]["name"], str(exc))
                continue
            for param in params:
                self._hold(run, binding, param)
        for key, values in run.annotations.items():
            annotate(f"{run.name}/{key}", ", ".join(values))

    def _hold(self, run: _Run, binding: JsonObject, param: JsonObject | None) -> None:
        """What one binding with one object of parameters says."""
        seen = bindings(run.write, run.kind, self.policy)
        if run.spec.get("paramKind"):
            seen["params"] = param
        try:
            if not met(objects_at(run.spec, "matchConditions"), seen, fails=run.fails):
                return
            compiled = _compiled(orjson.dumps(run.spec))
        except (Failed, BadExpression) as exc:
            self._act(run, binding, 0, Denial(run.name, binding["metadata"]["name"], str(exc)))
            return
        budget = Budget(PER_WRITE)
        seen["variables"] = Made(compiled.variables, dict(seen), budget)
        for number, denial in _decisions(run, compiled, seen, budget):
            self._act(run, binding, number, denial)
        _annotate(run, compiled, seen, binding["metadata"]["name"])

    def _act(self, run: _Run, binding: JsonObject, number: int, denial: Denial) -> None:
        """What follows from a denial, by the binding."""
        denial.binding = name = binding["metadata"]["name"]
        for action in binding["spec"].get("validationActions") or ():
            match action:
                case "Deny":
                    run.denials.append(denial)
                case "Warn":
                    of = f"ValidatingAdmissionPolicy '{run.name}' with binding '{name}'"
                    warn(f"Validation failed for {of}: {denial.message}")
                case _:
                    failure = {
                        "message": denial.message,
                        "policy": run.name,
                        "binding": name,
                        "expressionIndex": number,
                        "validationActions": binding["spec"]["validationActions"],
                    }
                    annotate(_FAILURE, orjson.dumps([failure]).decode())


def _decisions(
    run: _Run, compiled: Compiled, seen: Mapping[str, Any], budget: Budget
) -> Iterator[tuple[int, Denial]]:
    """(which validation, why it denies) of each that does."""
    for number, (stated, program, message) in enumerate(compiled.validations):
        try:
            if value(program, seen, budget) is True:
                continue
        except Failed as exc:
            if run.fails:
                yield number, Denial(run.name, "", str(exc))
            if exc.ends:
                return
            continue
        text = _message(stated, message, seen, budget)
        yield number, Denial(run.name, "", text, stated.get("reason") or "Invalid")


def _message(stated: JsonObject, program: Program | None, seen: Mapping[str, Any], budget: Budget) -> str:
    if program is not None:
        try:
            text = str(value(program, seen, budget)).strip()
        except Failed:
            text = ""
        if text and "\n" not in text and len(text) <= _LONGEST_MESSAGE:
            return text
    said = str(stated.get("message") or "").strip()
    return said or f"failed expression: {str(stated['expression']).strip()}"


def _annotate(run: _Run, compiled: Compiled, seen: Mapping[str, Any], binding: str) -> None:
    budget = Budget(PER_WRITE)
    for key, program in compiled.annotations:
        try:
            found = value(program, seen, budget)
        except Failed as exc:
            if run.fails:
                run.denials.append(Denial(run.name, binding, str(exc)))
            continue
        text = str(found or "").strip()[:_LONGEST_ANNOTATION]
        values = run.annotations.setdefault(key, []) if text else []
        if text and text not in values:
            values.append(text)


@lru_cache(maxsize=128)
def _compiled(content: bytes) -> Compiled:
    """The expressions of a policy's spec; BadExpression where one is none."""
    spec = orjson.loads(content)
    params, made = bool(spec.get("paramKind")), dict[str, Program]()

    def seen(*, authorizer: bool = True) -> dict[str, Any]:
        has_variables = bool(objects_at(spec, "variables"))
        types = {name: program.type for name, program in made.items()} if has_variables else None
        return variables(params=params, authorizer=authorizer, made=types)

    for each in objects_at(spec, "variables"):
        made[each["name"]] = expression(each["expression"], seen())
    validations = [
        (
            each,
            expression(each["expression"], seen()),
            expression(each["messageExpression"], seen(authorizer=False))
            if each.get("messageExpression")
            else None,
        )
        for each in objects_at(spec, "validations")
    ]
    annotations = [
        (each["key"], expression(each["valueExpression"].strip(), seen()))
        for each in objects_at(spec, "auditAnnotations")
    ]
    return Compiled(made, validations, annotations)


def _refusal(write: Attributes, denial: Denial) -> Refusal:
    of = f"ValidatingAdmissionPolicy '{denial.policy}'"
    by = f" with binding '{denial.binding}'" if denial.binding else ""
    message = f"{of}{by} denied request: {denial.message}"
    refusal = forbidden(write.kind, write.name, message, [{"message": message}])
    return Refusal(_CODES.get(denial.reason, 422), denial.reason, refusal.message, refusal.details)
