"""Keeps a workload's ControllerRevisions: each write is remembered as expected until it is seen."""

from collections.abc import Collection, Sequence

from mockcloud.client.errors import ApiError
from mockcloud.client.objects import Object
from mockcloud.client.resources import CONTROLLER_REVISIONS, Resource
from mockcloud.client.rest import Client
from mockcloud.controllers.history import plan
from mockcloud.controllers.history.objects import Revision, Workload, collisions, parse_revision
from mockcloud.controllers.objects import pod_template
from mockcloud.controllers.runtime.expectations import Expectations
from mockcloud.controllers.runtime.status_writer import write_status


class HistoryWriter:
    """Of one kind of workload, `resource`."""

    def __init__(
        self, client: Client, resource: Resource, style: plan.Style, expectations: Expectations
    ) -> None:
        self._client = client
        self._resource = resource
        self._style = style
        self._expectations = expectations

    async def present(self, owner: Workload, history: Sequence[Revision]) -> Revision | None:
        """The revision of the present template; None where it was written just now."""
        match plan.present(owner, history, self._style):
            case plan.Known(revision):
                return revision
            case plan.Renumber(revision, number):
                await self._renumber(owner, revision, number)
            case plan.Create(body) if not owner.meta.deleting:
                await self._create(owner, body)
            case _:
                pass
        return None

    async def prune(self, owner: Workload, history: Sequence[Revision], live: Collection[str]) -> None:
        """Forget old templates past the limit; `live` are the names of revisions in use."""
        for each in plan.surplus(owner, history, live):
            meta = each.meta
            await self._client.delete(CONTROLLER_REVISIONS, meta.name, namespace=meta.namespace, uid=meta.uid)
            self._expectations.deleted(owner.meta.key, meta.key, meta.uid)

    async def _create(self, owner: Workload, body: Object) -> None:
        """Keep a new template; a name that is taken by another one is changed, by counting it."""
        try:
            made = await self._client.create(CONTROLLER_REVISIONS, body)
        except ApiError as error:
            if error.reason != "AlreadyExists":
                raise
            made = await self._client.get(
                CONTROLLER_REVISIONS, body["metadata"]["name"], owner.meta.namespace
            )
            taken = parse_revision(made)
            if taken.meta.controller != owner.meta.uid or not pod_template.same(
                taken.template, owner.template
            ):
                counted = {**owner.status, "collisionCount": collisions(owner) + 1}
                await write_status(self._client, self._resource, owner.meta, owner.status, counted)
                return
        self._expectations.wrote(owner.meta.key, made)

    async def _renumber(self, owner: Workload, revision: Revision, number: int) -> None:
        """An old template is the present one again."""
        answer = await self._client.patch(
            CONTROLLER_REVISIONS, revision.meta.name, {"revision": number}, namespace=owner.meta.namespace
        )
        self._expectations.wrote(owner.meta.key, answer)
