"""ControllerRevisions, and what has them, as controllers see both."""

from dataclasses import dataclass, field
from typing import Final, Protocol

from mockcloud.client.objects import Object
from mockcloud.controllers.objects.metadata import Meta, parse_meta

REVISION_LABEL: Final = "controller-revision-hash"  # on pods: which ControllerRevision they are of


class Workload(Protocol):
    """What has a history of templates."""

    @property
    def meta(self) -> Meta:
        """Its identity."""

    @property
    def template(self) -> Object:
        """The template of its pods."""

    @property
    def history_limit(self) -> int:
        """How many revisions are kept that no pod is of."""

    @property
    def status(self) -> Object:
        """As it was written last."""


@dataclass(frozen=True, slots=True)
class Revision:
    """A ControllerRevision: one template that a workload had, by number."""

    meta: Meta
    number: int
    template: Object = field(compare=False)


def parse_revision(obj: Object) -> Revision:
    """From an apps/v1 ControllerRevision; of another controller's, the template is whatever it holds."""
    data = obj.get("data") or {}
    template = dict((data.get("spec") or {}).get("template") or {})
    template.pop("$patch", None)
    return Revision(parse_meta(obj), obj.get("revision") or 0, template)


def collisions(owner: Workload) -> int:
    """How many names of revisions were found taken."""
    return int(owner.status.get("collisionCount") or 0)
