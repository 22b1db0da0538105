"""The Deployment controller: one ReplicaSet a template, and an orderly way from one to the next."""

from mockcloud.client.clock import utc_now
from mockcloud.client.errors import ApiError
from mockcloud.client.objects import Key, Object
from mockcloud.client.resources import DEPLOYMENTS, REPLICA_SETS
from mockcloud.controllers.adoption.writer import Adopter
from mockcloud.controllers.deployment import plan, revisions, status
from mockcloud.controllers.deployment.objects import Deployment, parse_deployment
from mockcloud.controllers.deployment.plan import Create, Scale, SortedReplicaSets
from mockcloud.controllers.objects import pod_template
from mockcloud.controllers.objects.pods import ENDED, Pod
from mockcloud.controllers.objects.replica_sets import REVISION, ReplicaSet, parse_replica_set
from mockcloud.controllers.runtime.context import ControllerContext
from mockcloud.controllers.runtime.expectations import RECHECK_SECONDS, Expectations
from mockcloud.controllers.runtime.indexes import by_namespace, candidate_keys
from mockcloud.controllers.runtime.status_writer import write_status
from mockcloud.controllers.runtime.workqueue import WorkQueue


class DeploymentController:
    """Owns ReplicaSets; `queue.run_workers` is the controller."""

    def __init__(self, context: ControllerContext) -> None:
        self.queue = WorkQueue("deployment", self.sync_deployment)
        self._context = context
        self._recorder = context.recorder("deployment-controller")
        self._adopter = Adopter(context.client, "Deployment")
        self._sets = Expectations(context.replica_sets.informer)
        self._deployments = context.collection(DEPLOYMENTS, parse_deployment, by_namespace)
        self._deployments.subscribe(lambda key, _old, _new: self.queue.add(key))
        context.replica_sets.subscribe(self._set_changed)
        context.pods.subscribe(self._pod_changed)

    async def sync_deployment(self, key: Key) -> float | None:
        """Take one Deployment a step further, and say where it stands."""
        deployment = self._deployments.get(key)
        if deployment is None:
            self._sets.forget(key)
            return None
        if not self._sets.satisfied(key):
            return RECHECK_SECONDS
        candidates = self._context.replica_sets.having(*candidate_keys(deployment.meta))
        owned = await self._adopter.owned(deployment, REPLICA_SETS, self._sets, candidates)
        if owned is None:
            return RECHECK_SECONDS
        sets = plan.sort_replica_sets(deployment, owned)
        if not deployment.meta.deleting:
            await self._roll_out(deployment, sets)
        return await self._write_status(deployment, sets)

    def _set_changed(self, _key: Key, old: ReplicaSet | None, new: ReplicaSet | None) -> None:
        for each in (old, new):
            if each is None:
                continue
            for owner in each.meta.owners:
                if owner.controller and owner.kind == "Deployment":
                    self.queue.add((each.meta.namespace, owner.name))
            if each.meta.controller is None:
                for deployment in self._deployments.having(("namespace", each.meta.namespace)):
                    if deployment.selector.matches(each.meta.labels):
                        self.queue.add(deployment.meta.key)

    def _pod_changed(self, _key: Key, old: Pod | None, new: Pod | None) -> None:
        """Recreate waits for the last old pod to be gone: no ReplicaSet's status tells that."""
        if old is None or new is not None:
            return
        for owner in old.meta.owners:
            replica_set = self._context.replica_sets.get((old.meta.namespace, owner.name))
            if owner.controller and replica_set is not None:
                self._set_changed(replica_set.meta.key, None, replica_set)

    async def _roll_out(self, deployment: Deployment, sets: SortedReplicaSets) -> None:
        number = plan.revision(sets)
        todo = plan.steps(deployment, sets, old_pods=self._old_pods(sets))
        for step in todo:
            match step:
                case Create(replicas):
                    await self._create(deployment, replicas, number)
                case Scale(target, replicas):
                    await self._scale(deployment, target, replicas)
        if sets.new and not any(isinstance(step, Scale) and step.target is sets.new for step in todo):
            await self._annotate_new(deployment, sets.new, number)
        if sets.new or any(isinstance(step, Create) for step in todo):
            await self._annotate_revision(deployment, number)
        if not deployment.paused and status.complete(deployment, status.counts(sets)):
            for each in plan.cleanup(deployment, sets):
                await self._delete(deployment, each)

    def _old_pods(self, sets: SortedReplicaSets) -> int:
        pods = (pod for each in sets.old for pod in self._context.pods.having(("owner", each.meta.uid)))
        return sum(pod.phase not in ENDED for pod in pods)

    async def _create(self, deployment: Deployment, replicas: int, number: int) -> None:
        body = revisions.new_replica_set(deployment, replicas, number)
        try:
            made = await self._context.client.create(REPLICA_SETS, body)
        except ApiError as error:
            if error.status != 409 or error.reason != "AlreadyExists":
                raise
            await self._resolve_collision(deployment, body)
            return
        self._sets.wrote(deployment.meta.key, made)
        self._record_scaling(deployment, made["metadata"]["name"], 0, replicas)

    async def _resolve_collision(self, deployment: Deployment, body: Object) -> None:
        """The name is taken: by our own (wait for its echo), or by another's (choose another)."""
        found = await self._context.client.get(
            REPLICA_SETS, body["metadata"]["name"], deployment.meta.namespace
        )
        taken = parse_replica_set(found)
        if taken.meta.controller == deployment.meta.uid and pod_template.same(
            taken.template, deployment.template
        ):
            self._sets.wrote(deployment.meta.key, found)
            return
        await write_status(
            self._context.client,
            DEPLOYMENTS,
            deployment.meta,
            deployment.status,
            {**deployment.status, "collisionCount": deployment.collisions + 1},
        )

    async def _scale(self, deployment: Deployment, target: ReplicaSet, replicas: int) -> None:
        body = self._context.replica_sets.raw(target.meta.key)
        if body is None:
            return
        annotations = {**target.meta.annotations, **revisions.sized(deployment)}
        await self._replace(deployment, body, annotations, {"replicas": replicas})
        self._record_scaling(deployment, target.meta.name, target.replicas, replicas)

    async def _annotate_new(self, deployment: Deployment, new: ReplicaSet, number: int) -> None:
        """Keep the new ReplicaSet's annotations and minReadySeconds as the Deployment wants them."""
        annotations = revisions.numbered(deployment, new.meta.annotations, number)
        spec = {"minReadySeconds": deployment.min_ready_seconds}
        body = self._context.replica_sets.raw(new.meta.key)
        same = annotations == new.meta.annotations and deployment.min_ready_seconds == new.min_ready_seconds
        if body is not None and not same:
            await self._replace(deployment, body, annotations, spec)

    async def _replace(
        self, deployment: Deployment, body: Object, annotations: dict[str, str], spec: Object
    ) -> None:
        """PUT with the version that the decision was made on: a lost race is tried anew, not won by force."""
        changed = {
            **body,
            "metadata": {**body["metadata"], "annotations": annotations},
            "spec": {**body["spec"], **spec},
        }
        answer = await self._context.client.replace(REPLICA_SETS, changed)
        self._sets.wrote(deployment.meta.key, answer)

    async def _annotate_revision(self, deployment: Deployment, number: int) -> None:
        if deployment.meta.annotations.get(REVISION) != str(number):
            patch = {"metadata": {"annotations": {REVISION: str(number)}}}
            name, namespace = deployment.meta.name, deployment.meta.namespace
            # As part of the status: it is no change of what is wanted, which another annotation is.
            await self._context.client.patch(
                DEPLOYMENTS, name, patch, namespace=namespace, subresource="status"
            )

    async def _delete(self, deployment: Deployment, old: ReplicaSet) -> None:
        meta = old.meta
        await self._context.client.delete(REPLICA_SETS, meta.name, namespace=meta.namespace, uid=meta.uid)
        self._sets.deleted(deployment.meta.key, meta.key, meta.uid)

    async def _write_status(self, deployment: Deployment, sets: SortedReplicaSets) -> float | None:
        now = utc_now()
        wanted = status.deployment_status(deployment, sets, now)
        await write_status(self._context.client, DEPLOYMENTS, deployment.meta, deployment.status, wanted)
        return status.seconds_until_deadline(deployment, sets, now)

    def _record_scaling(self, deployment: Deployment, name: str, before: int, after: int) -> None:
        obj = self._deployments.raw(deployment.meta.key)
        if obj is not None and before != after:
            way = "up" if after > before else "down"
            message = f"Scaled {way} replica set {name} from {before} to {after}"
            self._recorder.record(obj, "ScalingReplicaSet", message)
