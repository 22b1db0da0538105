"""Terms by which nodes are chosen."""

from collections.abc import Iterator
from typing import Final

from mockcloud.kube.field_errors import Cause, forbidden, invalid, required
from mockcloud.kube.json_types import JsonObject, objects_at
from mockcloud.kube.resources.validation import formats
from mockcloud.kube.resources.validation.formats import causes

NO_OPERATOR: Final = "not a valid selector operator"


def node_selector(at: str, selector: JsonObject) -> Iterator[Cause]:
    """What is wrong with a NodeSelector."""
    terms = objects_at(selector, "nodeSelectorTerms")
    if not terms:
        yield required(f"{at}.nodeSelectorTerms", "must have at least one node selector term")
    for number, term in enumerate(terms):
        place = f"{at}.nodeSelectorTerms[{number}]"
        for index, each in enumerate(objects_at(term, "matchExpressions")):
            yield from _expression(f"{place}.matchExpressions[{index}]", each)
        for index, each in enumerate(objects_at(term, "matchFields")):
            yield from _field(f"{place}.matchFields[{index}]", each)


def _expression(at: str, requirement: JsonObject) -> Iterator[Cause]:
    operator, values = requirement.get("operator") or "", requirement.get("values") or []
    match operator:
        case "In" | "NotIn":
            if not values:
                yield required(f"{at}.values", "must be specified when `operator` is 'In' or 'NotIn'")
        case "Exists" | "DoesNotExist":
            if values:
                why = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
                yield forbidden(f"{at}.values", why)
        case "Gt" | "Lt":
            if len(values) != 1:
                why = "must be specified single value when `operator` is 'Lt' or 'Gt'"
                yield required(f"{at}.values", why)
        case _:
            yield invalid(f"{at}.operator", operator, NO_OPERATOR)
    key = str(requirement.get("key") or "")
    yield from causes(f"{at}.key", key, formats.qualified_name(key))
    for index, value in enumerate(values):
        yield from causes(f"{at}.values[{index}]", value, formats.label_value(value))


def _field(at: str, requirement: JsonObject) -> Iterator[Cause]:
    operator, values = requirement.get("operator") or "", requirement.get("values") or []
    if operator not in ("In", "NotIn"):
        yield invalid(f"{at}.operator", operator, NO_OPERATOR)
    elif len(values) != 1:
        why = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector"
        yield required(f"{at}.values", why)
    key = str(requirement.get("key") or "")
    if key != "metadata.name":
        yield invalid(f"{at}.key", key, "not a valid field selector key")
        return
    for index, value in enumerate(values):
        yield from causes(f"{at}.values[{index}]", value, formats.dns_1123_subdomain(value))
