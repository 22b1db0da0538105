"""What is stored and has no effect here: whoever writes it is told."""

from typing import Final

from mockcloud.kube.admission.attributes import Attributes
from mockcloud.kube.admission.warnings import warn
from mockcloud.kube.json_types import objects_at
from mockcloud.kube.resources.admissionregistration import MUTATING_WEBHOOKS, VALIDATING_WEBHOOKS

_NO_CEL: Final = "is stored, but this API evaluates no CEL expressions"


async def warn_of_expressions(write: Attributes) -> None:
    """Conditions of webhooks; the member refuses nothing."""
    if not write.writes_all:
        return
    if write.kind in (MUTATING_WEBHOOKS, VALIDATING_WEBHOOKS):
        for number, hook in enumerate(objects_at(write.object, "webhooks")):
            if hook.get("matchConditions"):
                warn(f"webhooks[{number}].matchConditions {_NO_CEL}: the webhook is asked whatever they say")
