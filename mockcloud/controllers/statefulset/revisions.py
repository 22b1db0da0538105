"""Which ControllerRevision the pods of a StatefulSet have that are not to be updated yet."""

from collections.abc import Sequence
from typing import Final

from mockcloud.controllers.history.objects import Revision
from mockcloud.controllers.history.plan import Style
from mockcloud.controllers.statefulset.objects import StatefulSet

STYLE: Final = Style("StatefulSet", "controller.kubernetes.io/hash")


def current(owner: StatefulSet, revisions: Sequence[Revision], update: Revision) -> Revision:
    """As the status names it, else the present one."""
    name = owner.status.get("currentRevision")
    return next((each for each in revisions if each.meta.name == name), update)
