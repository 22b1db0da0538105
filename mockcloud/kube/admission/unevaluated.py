"""What is stored and has no effect here: whoever writes it is told."""

from typing import Final

from mockcloud.kube.admission.attributes import Attributes
from mockcloud.kube.admission.warnings import warn
from mockcloud.kube.json_types import JsonObject, object_at, objects_at
from mockcloud.kube.resources.admissionregistration import MUTATING_WEBHOOKS, VALIDATING_WEBHOOKS
from mockcloud.kube.resources.apiextensions.definition import CUSTOM_RESOURCE_DEFINITION
from mockcloud.kube.resources.structural.schema import RULES

_NO_CEL: Final = "is stored, but this API evaluates no CEL expressions"


async def warn_of_expressions(write: Attributes) -> None:
    """CEL rules of custom kinds, and conditions of webhooks; the member refuses nothing."""
    if not write.writes_all:
        return
    if write.kind is CUSTOM_RESOURCE_DEFINITION:
        versions = objects_at(object_at(write.object, "spec"), "versions")
        if any(_has_rules(object_at(version, "schema")) for version in versions):
            warn(f"{RULES} {_NO_CEL}: objects that break its rules are taken")
    elif write.kind in (MUTATING_WEBHOOKS, VALIDATING_WEBHOOKS):
        for number, hook in enumerate(objects_at(write.object, "webhooks")):
            if hook.get("matchConditions"):
                warn(f"webhooks[{number}].matchConditions {_NO_CEL}: the webhook is asked whatever they say")


def _has_rules(schema: JsonObject | list[JsonObject]) -> bool:
    inner = schema.values() if isinstance(schema, dict) else schema
    has = isinstance(schema, dict) and bool(schema.get(RULES))
    return has or any(_has_rules(each) for each in inner if isinstance(each, dict | list))
