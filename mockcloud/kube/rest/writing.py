"""POST, PUT, PATCH and DELETE: body and query in, a registry write, the object as stored out."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import orjson

from mockcloud.kube.json_types import JsonObject, object_at
from mockcloud.kube.managed_fields import scaling
from mockcloud.kube.managed_fields.ownership import Live
from mockcloud.kube.patch.errors import PatchError
from mockcloud.kube.patch.json_patch import json_patch
from mockcloud.kube.patch.merge_patch import merge_patch
from mockcloud.kube.patch.strategic import strategic_merge_patch
from mockcloud.kube.registry import ITSELF, Author, Outcome, Place, Registry
from mockcloud.kube.resources.kind import Kind
from mockcloud.kube.resources.pods.pod import POD
from mockcloud.kube.resources.policy import POD_DISRUPTION_BUDGET
from mockcloud.kube.rest.bodies import WriteOptions, decoded, decoded_patch, require_once
from mockcloud.kube.rest.parsing import APPLY
from mockcloud.kube.rest.paths import Target
from mockcloud.kube.storage.managed_fields import ManagedFields
from mockcloud.kube.storage.store import Stored
from mockcloud.kube.times import rfc3339
from mockcloud.kube.writes import refusals, subresources
from mockcloud.kube.writes.deletion import DeleteOptions, require_met
from mockcloud.kube.writes.eviction import decide, told
from mockcloud.kube.writes.tracking import Manager, with_applied

MERGE: Final = "application/merge-patch+json"
STRATEGIC: Final = "application/strategic-merge-patch+json"
JSON_PATCH: Final = "application/json-patch+json"
PATCH_TYPES: Final = (JSON_PATCH, MERGE, APPLY, STRATEGIC)


@dataclass(frozen=True, slots=True)
class Writer:
    """What one user writes to a registry, in the form in which their kinds are stored."""

    registry: Registry
    by: Author

    async def create(self, target: Target, body: object, options: WriteOptions) -> Stored:
        """The new object."""
        obj = decoded(target.kind, body, options)
        metadata = object_at(obj, "metadata")
        require_same("namespace", metadata.get("namespace"), target.namespace)
        written = _written(target.kind, obj)
        return await self.registry.create(_place(target), written, self.by, dry_run=options.dry_run)

    async def replace(self, target: Target, body: object, options: WriteOptions) -> tuple[Stored, bool]:
        """The object as it is now, and whether it is new."""
        obj = decoded(target.kind, body, options)
        metadata = object_at(obj, "metadata")
        require_same("name", metadata.get("name") or target.name, target.name)
        require_same("namespace", metadata.get("namespace"), target.namespace)
        place, written = _place(target), _written(target.kind, obj)
        missing = self.registry.store.get(place.kind.storage, place.key) is None
        if missing and target.kind.creates_on_update and not target.subresource:
            written["metadata"] = {**metadata, "name": target.name, "resourceVersion": ""}
            made = await self.registry.create(place, written, self.by, dry_run=options.dry_run)
            return made, True
        outcome = await self.registry.update(place, lambda _: written, self.by, dry_run=options.dry_run)
        return outcome.object, False

    async def patch(self, target: Target, patch: object, medium: str, options: WriteOptions) -> Stored:
        """The object with the patch applied."""
        kind = target.kind

        def change(current: JsonObject) -> JsonObject:
            seen = current if kind.written_as is kind else kind.from_stored(current)
            shown = patched(kind, seen, patch, medium)
            result = decoded_patch(kind, shown, patch, options)
            require_same("name", object_at(result, "metadata").get("name"), target.name)
            require_same("namespace", object_at(result, "metadata").get("namespace"), target.namespace)
            return _written(kind, result)

        def change_with_owners(stored: Stored) -> JsonObject:
            return change(place.kind.from_stored(orjson.loads(stored.encoded)))

        place, dry_run = _place(target), options.dry_run
        if medium == JSON_PATCH and b"/managedFields" in orjson.dumps(patch):
            return (await self.registry.rewrite(place, change_with_owners, self.by, dry_run=dry_run)).object
        return (await self.registry.update(place, change, self.by, dry_run=dry_run)).object

    async def apply(self, target: Target, config: JsonObject, options: WriteOptions) -> tuple[Stored, bool]:
        """The object with what is applied to it, and whether it is new."""
        kind, place = target.kind, _place(target)

        def applying(live: Live, manager: Manager) -> tuple[JsonObject, ManagedFields]:
            shown = live if kind.written_as is kind else Live(kind.from_stored(live.object), live.managed)
            writer = manager.writer(kind, target.subresource)
            new, managed = with_applied(kind, shown, config, writer, force=options.force)
            require_once(options)
            result = decoded_patch(kind, shown.object if new is None else new, config, options)
            _require_placed(object_at(result, "metadata"), target)
            return _written(kind, result), managed

        missing = self.registry.store.get(place.kind.storage, place.key) is None
        if missing and not target.subresource:
            made = await self.registry.create_applied(place, applying, self.by, dry_run=options.dry_run)
            return made, True
        outcome = await self.registry.apply(place, applying, self.by, dry_run=options.dry_run)
        return outcome.object, False

    async def apply_scale(self, target: Target, config: JsonObject, options: WriteOptions) -> JsonObject:
        """The Scale of a workload with what is applied to it."""
        kind = target.kind

        def applying(live: Live, manager: Manager) -> tuple[JsonObject, ManagedFields]:
            writer = manager.writer(subresources.SCALE_KIND, "scale")
            replicas = scaling.field_at(kind.scale.spec)
            shown = Live(subresources.scale_of(kind, live.object), scaling.of_scale(live.managed, replicas))
            new, managed = with_applied(subresources.SCALE_KIND, shown, config, writer, force=options.force)
            obj = subresources.scaled(kind, live.object, shown.object if new is None else new)
            owners = scaling.Owners(kind.group_version, replicas)
            return obj, scaling.of_workload(live.managed, managed, owners)

        outcome = await self.registry.apply(_place(target), applying, self.by, dry_run=options.dry_run)
        return subresources.scale_of(kind, kind.from_stored(outcome.object.object))

    async def delete(self, target: Target, options: DeleteOptions, *, dry_run: bool) -> Outcome:
        """The object as it was, or as it waits for its end."""
        return await self.registry.delete(_place(target), options, self.by, dry_run=dry_run)

    async def scale(
        self, target: Target, change: Callable[[JsonObject], JsonObject], *, dry_run: bool
    ) -> JsonObject:
        """The Scale of a workload after `change` (Scale -> Scale)."""

        kind = target.kind

        def scaled(obj: JsonObject) -> JsonObject:
            return subresources.scaled(kind, obj, change(subresources.scale_of(kind, obj)))

        outcome = await self.registry.update(_place(target), scaled, self.by, dry_run=dry_run)
        return subresources.scale_of(kind, kind.from_stored(outcome.object.object))

    async def bind(self, target: Target, binding: JsonObject, *, dry_run: bool) -> JsonObject:
        """Put a pod on a node; a Status that says so."""
        now = rfc3339(self.registry.clock())
        place = Place(POD, target.namespace or "", target.name, "binding")
        await self.registry.update(
            place, lambda pod: subresources.bound(pod, binding, now), self.by, dry_run=dry_run
        )
        return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}

    async def evict(
        self, target: Target, eviction: JsonObject, options: DeleteOptions, *, dry_run: bool
    ) -> JsonObject:
        """Delete a pod, where its disruption budget lets it go; a Status that says so."""
        if object_at(eviction, "metadata").get("name") != target.name:
            msg = "name in URL does not match name in Eviction object"
            raise refusals.bad_request(msg)
        namespace = target.namespace or ""
        place = Place(POD, namespace, target.name)
        pod = self.registry.get(place).object
        budgets = [
            stored.object
            for stored in self.registry.store.objects(POD_DISRUPTION_BUDGET.storage)
            if stored.object["metadata"]["namespace"] == namespace
        ]
        spent = decide(pod, budgets, rfc3339(self.registry.clock()))
        if spent is not None:
            part = Place(POD_DISRUPTION_BUDGET, namespace, spent.budget, "status")
            await self.registry.update(
                part,
                lambda budget: {**budget, "status": spent.status},
                ITSELF,
                dry_run=dry_run,
            )
        if not dry_run:
            options = await self._told_to_go(place, options)
        await self.registry.delete(place, options, self.by, dry_run=dry_run)
        return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}

    async def _told_to_go(self, place: Place, options: DeleteOptions) -> DeleteOptions:
        """The pod says that it is evicted; the options as they fit the pod that it is now."""
        now = rfc3339(self.registry.clock())

        def evicted(pod: JsonObject) -> JsonObject:
            require_met(POD, pod, options)
            return told(pod, now)

        outcome = await self.registry.update(replace(place, subresource="status"), evicted, ITSELF)
        version = outcome.object.object["metadata"]["resourceVersion"]
        return replace(options, resource_version=version) if options.resource_version else options


def patched(kind: Kind, current: JsonObject, patch: object, medium: str) -> JsonObject:
    """`current` with a patch of the medium's type applied; refuses as the API server does."""
    try:
        if medium == JSON_PATCH:
            if not isinstance(patch, list):
                why = "json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp"
                msg = f"error decoding patch: {why}"
                raise refusals.bad_request(msg)
            return json_patch(current, patch)
        if not isinstance(patch, dict):
            why = "json: cannot unmarshal array into Go value of type map[string]interface {}"
            msg = f"error decoding patch: {why}"
            raise refusals.bad_request(msg)
        if medium == MERGE:
            merged: JsonObject = merge_patch(current, patch)
            return merged
        return strategic_merge_patch(kind.gvk, current, patch)
    except PatchError as exc:
        reason = {400: "BadRequest", 413: "RequestEntityTooLarge", 422: "Invalid"}.get(exc.code, "")
        # As upstream: empty for a JSON patch that does not fit, absent where it has too many operations.
        details: JsonObject | None = {} if medium == JSON_PATCH and exc.code != 413 else None
        raise refusals.Refusal(exc.code, reason, str(exc), details) from exc


def _place(target: Target) -> Place:
    return Place(target.kind.written_as, target.namespace or "", target.name, target.subresource)


def _written(kind: Kind, obj: JsonObject) -> JsonObject:
    """An object of the kind as the registry takes it."""
    return obj if kind.written_as is kind else kind.to_stored(obj)


def _require_placed(metadata: JsonObject, target: Target) -> None:
    """400 where what was applied names another place than the URL, or none; 409 where it has a uid."""
    if not metadata.get("name"):
        msg = f"the name of the object ({target.name} based on URL) was undeterminable: name must be provided"
        raise refusals.bad_request(msg)
    require_same("name", metadata["name"], target.name)
    require_same("namespace", metadata.get("namespace"), target.namespace)
    if metadata.get("uid") and not metadata.get("creationTimestamp"):
        said = f"the provided object specified uid {metadata['uid']}, and no existing object was found"
        raise refusals.conflict(target.kind, target.name, f"uid mismatch: {said}")


def require_same(what: str, said: str | None, asked: str | None) -> None:
    """400 where the body names another place than the URL."""
    if said and said != (asked or ""):
        if what == "namespace":
            msg = "the namespace of the provided object does not match the namespace sent on the request"
        else:
            msg = f"the name of the object ({said}) does not match the name on the URL ({asked})"
        raise refusals.bad_request(msg)
