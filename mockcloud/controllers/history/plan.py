"""Which ControllerRevision stands for a workload's present template, and which ones may go."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from mockcloud.client.objects import Object
from mockcloud.controllers.adoption.plan import controller_reference
from mockcloud.controllers.history.objects import Revision, Workload, collisions
from mockcloud.controllers.objects import pod_template

# A name has room for 253 characters; the hash and its dash take at most 30.
MOST_STEM = 223


@dataclass(frozen=True, slots=True)
class Style:
    """What revisions of a kind of workload bear: the owner's kind, and the label that has their hash."""

    kind: str
    hash_label: str


@dataclass(frozen=True, slots=True)
class Known:
    """The newest revision is the present one."""

    revision: Revision


@dataclass(frozen=True, slots=True)
class Renumber:
    """An older revision is wanted again: it becomes the newest (a rollback)."""

    revision: Revision
    number: int


@dataclass(frozen=True, slots=True)
class Create:
    """The template was never seen before."""

    body: Object


def present(owner: Workload, revisions: Sequence[Revision], style: Style) -> Known | Renumber | Create:
    """What stands, or has to be written, for the present template."""
    known = in_order(revisions)
    newest = known[-1] if known else None
    number = newest.number + 1 if newest else 1
    alike = [each for each in known if pod_template.same(each.template, owner.template)]
    if not alike:
        return Create(_body(owner, number, style))
    return Known(alike[-1]) if alike[-1] is newest else Renumber(alike[-1], number)


def surplus(owner: Workload, revisions: Sequence[Revision], live: Collection[str]) -> list[Revision]:
    """Revisions past the history limit, the oldest first; `live` are the names of those in use."""
    history = [each for each in in_order(revisions) if each.meta.name not in live]
    return history[: max(len(history) - owner.history_limit, 0)]


def in_order(revisions: Sequence[Revision]) -> list[Revision]:
    """The newest last."""
    return sorted(revisions, key=lambda each: (each.number, each.meta.created, each.meta.name))


def _body(owner: Workload, number: int, style: Style) -> Object:
    mark = pod_template.short_hash(owner.template, collisions(owner))
    labels = (owner.template.get("metadata") or {}).get("labels") or {}
    return {
        "apiVersion": "apps/v1",
        "kind": "ControllerRevision",
        "metadata": {
            "name": f"{owner.meta.name[:MOST_STEM]}-{mark}",
            "namespace": owner.meta.namespace,
            "labels": {**labels, style.hash_label: mark},
            "annotations": dict(owner.meta.annotations),
            "ownerReferences": [controller_reference("apps/v1", style.kind, owner.meta)],
        },
        # A strategic merge patch that brings the template back: `kubectl rollout undo` applies it as it is.
        "data": {"spec": {"template": {**owner.template, "$patch": "replace"}}},
        "revision": number,
    }
