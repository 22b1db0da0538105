"""The two members of the chain that ask webhooks."""

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass

from mockcloud.kube.admission.attributes import Attributes, Operation
from mockcloud.kube.admission.conditions import met
from mockcloud.kube.admission.requests import shown
from mockcloud.kube.admission.seen import Failed, bindings
from mockcloud.kube.admission.warnings import warn
from mockcloud.kube.admission.webhooks.matching import Invocation, invocations
from mockcloud.kube.admission.webhooks.reviews import BadAnswer, Verdict, denial, question, verdict
from mockcloud.kube.auth.rbac.policy import Policy
from mockcloud.kube.json_types import JsonObject, objects_at
from mockcloud.kube.patch.errors import PatchError
from mockcloud.kube.patch.json_patch import json_patch
from mockcloud.kube.resources.admissionregistration import MUTATING_WEBHOOKS, VALIDATING_WEBHOOKS
from mockcloud.kube.resources.kind import Kind
from mockcloud.kube.resources.scheme import Scheme
from mockcloud.kube.schema.fields import fields_of
from mockcloud.kube.writes.refusals import Refusal, bad_request, forbidden


class CallFailed(Exception):
    """A webhook gave no answer; the message says why, as Go's HTTP client does."""


Call = Callable[[JsonObject, JsonObject, float], Awaitable[JsonObject]]
"""A clientConfig, a body and seconds -> the body of the answer; CallFailed where none comes in time."""


Together = Callable[[Sequence[Coroutine[object, object, object]]], Awaitable[None]]
"""Waits for all of them at once; the first refusal ends the others, and is raised."""


@dataclass(frozen=True, slots=True)
class Webhooks:
    """Asks those that are configured in the store about each write."""

    policy: Policy
    scheme: Scheme
    call: Call
    new_uid: Callable[[], str]
    together: Together
    failed_open: Callable[[str], None] = lambda _why: None  # told of failures that were let pass

    async def mutate(self, write: Attributes) -> JsonObject:
        """The object as they change it, one after the other.

        One that wants it (reinvocationPolicy IfNeeded) is asked once more where one after it has changed the
        object.
        """
        again: dict[tuple[str, str], Invocation] = {}
        asked: dict[tuple[str, str], Invocation] = {}
        for invocation in invocations(MUTATING_WEBHOOKS, write, self.policy.store, self.scheme):
            changed = await self._changed(write, invocation)
            if changed is not None:
                write = write.with_object(changed)
                again |= asked
            if invocation.hook.get("reinvocationPolicy") == "IfNeeded":
                asked[invocation.identity] = invocation
        for invocation in again.values():
            changed = await self._changed(write, invocation)
            write = write if changed is None else write.with_object(changed)
        return write.object

    async def validate(self, write: Attributes) -> None:
        """Refusal of one that does not allow the write. All are asked at once, and the first no ends it."""
        asked = invocations(VALIDATING_WEBHOOKS, write, self.policy.store, self.scheme)
        await self.together([self._asked(write, each, mutating=False) for each in asked])

    async def _changed(self, write: Attributes, invocation: Invocation) -> JsonObject | None:
        """The object as one webhook wants it, None where it leaves it as it is."""
        said = await self._asked(write, invocation, mutating=True)
        if said is None or not said.patch:
            return None
        if write.operation is Operation.DELETE:
            why = "attempted to modify the object, which is not supported for this operation"
            msg = f'admission webhook "{invocation.name}" {why}'
            raise _internal(msg)
        seen = shown(write.object, write.kind, invocation.kind)
        try:
            patched = json_patch(seen, said.patch)
        except PatchError as exc:
            raise _internal(exc.detail or str(exc)) from exc
        return shown(_whole(invocation.kind, patched), invocation.kind, write.kind)

    async def _asked(self, write: Attributes, invocation: Invocation, *, mutating: bool) -> Verdict | None:
        """What one webhook says; None where it fails, and may, or where its conditions are not met."""
        if not self._is_meant(write, invocation):
            return None
        if write.dry_run and invocation.hook.get("sideEffects") not in ("None", "NoneOnDryRun"):
            why = f'admission webhook "{invocation.name}" does not support dry run'
            raise bad_request(why)
        try:
            said = await self._answer(write, invocation, mutating=mutating)
        except _Failed as exc:
            why = f'failed calling webhook "{invocation.name}": {exc}'
            if invocation.hook.get("failurePolicy") != "Ignore":
                raise _internal(why) from exc
            self.failed_open(why)
            return None
        for text in said.warnings:
            warn(text)
        if not said.allowed:
            raise denial(invocation.name, said.result)
        return said

    def _is_meant(self, write: Attributes, invocation: Invocation) -> bool:
        """Whether the write meets its conditions; 403 where that cannot be told, and it is to fail."""
        conditions = objects_at(invocation.hook, "matchConditions")
        if not conditions:
            return True
        fails = invocation.hook.get("failurePolicy") != "Ignore"
        try:
            return met(conditions, bindings(write, invocation.kind, self.policy), fails=fails)
        except Failed as exc:
            raise forbidden(write.kind, write.name, str(exc)) from exc

    async def _answer(self, write: Attributes, invocation: Invocation, *, mutating: bool) -> Verdict:
        review = question(write, invocation, self.new_uid())
        seconds = float(invocation.hook.get("timeoutSeconds") or 10)
        try:
            answer = await self.call(invocation.hook.get("clientConfig") or {}, review, seconds)
        except CallFailed as exc:
            msg = f"failed to call webhook: {exc}"
            raise _Failed(msg) from exc
        try:
            return verdict(answer, review, mutating=mutating)
        except BadAnswer as exc:
            msg = f"received invalid webhook response: {exc}"
            raise _Failed(msg) from exc


class _Failed(Exception):
    """A webhook could not be asked, or its answer is none."""


def _whole(kind: Kind, obj: JsonObject) -> JsonObject:
    """What a webhook made, with the fields of its kind alone, and its defaults."""
    fields = fields_of(kind)
    problem = fields.type_problem(obj)
    if problem is not None:
        raise _internal(problem)
    return kind.defaults(fields.known(obj))


def _internal(why: str) -> Refusal:
    return Refusal(500, "InternalError", f"Internal error occurred: {why}", {"causes": [{"message": why}]})
