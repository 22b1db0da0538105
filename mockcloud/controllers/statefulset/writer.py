"""What a StatefulSet's controller writes: pods and their volume claims."""

from dataclasses import dataclass

from mockcloud.client.errors import ApiError
from mockcloud.client.objects import Object
from mockcloud.client.resources import PERSISTENT_VOLUME_CLAIMS, PODS
from mockcloud.controllers.adoption.writer import replace_owners
from mockcloud.controllers.history.objects import Revision
from mockcloud.controllers.objects.metadata import parse_meta
from mockcloud.controllers.objects.pods import Pod
from mockcloud.controllers.runtime.context import ControllerContext
from mockcloud.controllers.runtime.expectations import Expectations
from mockcloud.controllers.runtime.informers import Collection
from mockcloud.controllers.statefulset import identity, retention
from mockcloud.controllers.statefulset.objects import StatefulSet


@dataclass(frozen=True, slots=True)
class StatefulSetExpectations:
    """What was written for a set and has yet to be seen, kind by kind."""

    pods: Expectations
    revisions: Expectations
    claims: Expectations


class StatefulWriter:
    """Each write is remembered as expected, and told as an Event of the set."""

    def __init__(
        self,
        context: ControllerContext,
        stateful_sets: Collection[StatefulSet],
        expectations: StatefulSetExpectations,
    ) -> None:
        self._context = context
        self._stateful_sets = stateful_sets
        self._client = context.client
        self._recorder = context.recorder("statefulset-controller")
        self._expectations = expectations

    async def create_pod(self, owner: StatefulSet, revision: Revision, ordinal: int) -> None:
        """Make a pod and the claims that it lacks; where one of those is on its way out, wait for its end."""
        name = owner.pod_name(ordinal)
        what = f"create Pod {name} in StatefulSet {owner.meta.name}"
        try:
            for missing in self._missing_claims(owner, ordinal):
                await self._create_claim(owner, missing, name)
            leaving = self._leaving_claim(owner, ordinal)
            if leaving:
                self._record_failure(owner, "FailedCreate", what, f"pvc {leaving} is being deleted")
                return
            made = await self._make_pod(owner, identity.pod(owner, revision, ordinal))
        except ApiError as error:
            if not error.namespace_ending:
                self._record_failure(owner, "FailedCreate", what, error.message)
            raise
        self._expectations.pods.wrote(owner.meta.key, made)
        self._record(owner, "SuccessfulCreate", f"{what} successful")

    async def delete_pod(self, owner: StatefulSet, pod: Pod) -> None:
        """Delete a pod."""
        meta = pod.meta
        what = f"delete Pod {meta.name} in StatefulSet {owner.meta.name}"
        try:
            await self._client.delete(PODS, meta.name, namespace=meta.namespace, uid=meta.uid)
        except ApiError as error:
            self._record_failure(owner, "FailedDelete", what, error.message)
            raise
        self._expectations.pods.deleted(owner.meta.key, meta.key, meta.uid)
        self._record(owner, "SuccessfulDelete", f"{what} successful")

    async def keep_claims(self, owner: StatefulSet, pod: Pod) -> None:
        """Make the claims that a waiting pod lacks; give those that are there the owners of the policy."""
        ordinal = owner.ordinal_of(pod.meta.name)
        if ordinal is None:
            return
        if pod.phase == "Pending" and not pod.meta.deleting:
            for missing in self._missing_claims(owner, ordinal):
                await self._create_claim(owner, missing, pod.meta.name)
        for each in owner.claims:
            claim = self._context.claims.get(
                (owner.meta.namespace, identity.claim_name(owner, each, ordinal))
            )
            owners = retention.owners(owner, pod, claim) if claim else None
            if claim and owners is not None:
                answer = await replace_owners(self._client, PERSISTENT_VOLUME_CLAIMS, claim.meta, owners)
                self._expectations.claims.wrote(owner.meta.key, answer)

    def _missing_claims(self, owner: StatefulSet, ordinal: int) -> list[Object]:
        return [
            body
            for body in identity.claims(owner, ordinal)
            if self._context.claims.get((owner.meta.namespace, body["metadata"]["name"])) is None
        ]

    def _leaving_claim(self, owner: StatefulSet, ordinal: int) -> str:
        """The name of a claim that a new pod cannot have, "" where there is none."""
        for each in owner.claims:
            name = identity.claim_name(owner, each, ordinal)
            claim = self._context.claims.get((owner.meta.namespace, name))
            if claim and (claim.meta.deleting or retention.stale(owner, ordinal, claim)):
                return name
        return ""

    async def _create_claim(self, owner: StatefulSet, body: Object, pod: str) -> None:
        name = body["metadata"]["name"]
        try:
            made = await self._client.create(PERSISTENT_VOLUME_CLAIMS, body)
        except ApiError as error:
            if error.reason == "AlreadyExists":
                return
            what = f"create Claim {name} for Pod {pod} in StatefulSet {owner.meta.name}"
            self._record_failure(owner, "FailedCreate", what, error.message)
            raise
        self._expectations.claims.wrote(owner.meta.key, made)
        what = f"create Claim {name} Pod {pod} in StatefulSet {owner.meta.name}"
        self._record(owner, "SuccessfulCreate", f"{what} success")

    async def _make_pod(self, owner: StatefulSet, body: Object) -> Object:
        try:
            return await self._client.create(PODS, body)
        except ApiError as error:
            if error.reason != "AlreadyExists":
                raise
            # Ours, where the answer to an earlier try was lost.
            made = await self._client.get(PODS, body["metadata"]["name"], owner.meta.namespace)
            if parse_meta(made).controller != owner.meta.uid:
                raise
            return made

    def _record_failure(self, owner: StatefulSet, reason: str, what: str, why: str) -> None:
        self._record(owner, reason, f"{what} failed error: {why}", warning=True)

    def _record(self, owner: StatefulSet, reason: str, message: str, *, warning: bool = False) -> None:
        obj = self._stateful_sets.raw(owner.meta.key)
        if obj is not None:
            self._recorder.record(obj, reason, message, warning=warning)
