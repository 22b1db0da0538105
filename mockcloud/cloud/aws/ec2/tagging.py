"""Tags, which are the core's labels."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from mockcloud.cloud.aws.ec2 import lookup
from mockcloud.cloud.aws.errors import AwsError
from mockcloud.cloud.core.values import Network

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockcloud.cloud.core.state import Draft
    from mockcloud.cloud.core.values import Labels
    from mockcloud.cloud.service import CloudService

Row = dict[str, Any]
MOST: Final = 50  # of a resource
LONGEST_KEY: Final = 128
LONGEST_VALUE: Final = 256


def create(cloud: CloudService, wanted: Row) -> Row:
    """CreateTags: of all the resources that are named, or of none."""
    more = {each["Key"]: each.get("Value", "") for each in wanted["Tags"] if "Key" in each}
    for key, value in more.items():
        _check(key, value)

    def change(labels: Labels) -> Labels:
        if len(found := {**labels, **more}) > MOST:
            raise AwsError("TagLimitExceeded", f"The maximum number of Tags for a resource is {MOST}.")
        return found

    _change(cloud, wanted["Resources"], change)
    return {}


def delete(cloud: CloudService, wanted: Row) -> Row:
    """DeleteTags: those of a key, and of a value where there is one; without Tags, all."""
    tags = wanted.get("Tags")

    def keeps(key: str, value: str) -> bool:
        return tags is not None and not any(
            each.get("Key") == key and each.get("Value", value) == value for each in tags
        )

    _change(cloud, wanted["Resources"], lambda labels: {k: v for k, v in labels.items() if keeps(k, v)})
    return {}


def _check(key: str, value: str) -> None:
    if key.lower().startswith("aws:"):
        said = "Tag keys starting with 'aws:' are reserved for internal use"
        raise AwsError("InvalidParameterValue", said)
    if not 0 < len(key) <= LONGEST_KEY:
        raise AwsError(
            "InvalidParameterValue", f"Tag key exceeds the maximum length of {LONGEST_KEY} characters"
        )
    if len(value) > LONGEST_VALUE:
        said = f"Tag value exceeds the maximum length of {LONGEST_VALUE} characters"
        raise AwsError("InvalidParameterValue", said)


def _change(cloud: CloudService, wanted: list[str], change: Callable[[Labels], Labels]) -> None:
    steps = [_step(cloud, text, change) for text in dict.fromkeys(wanted)]

    def command(draft: Draft) -> None:
        for step in steps:
            step(draft)

    cloud.run(command)


def _step(cloud: CloudService, text: str, change: Callable[[Labels], Labels]) -> Callable[[Draft], None]:
    """What changes the labels of one; AwsError where there is no such resource, or it has none."""
    state, prefix = cloud.state, text.partition("-")[0]
    match prefix:
        case "subnet":
            return _subnet_step(cloud, text, change)
        case "rtb":
            number = lookup.route_table(state, text).id
            return lambda draft: _tag_table(draft, number, change)
        case "i":
            found: Any = lookup.instance(cloud, text)
        case "vpc":
            found = lookup.vpc(state, text)
        case "sg":
            found = lookup.security_group(state, text)
        case "eipalloc":
            found = lookup.address(state, text, None)
        case _:
            raise AwsError("InvalidID", f"The ID '{text}' is not valid, or of what has no tags in this cloud")

    def step(draft: Draft) -> None:
        each = draft.state.get(type(found), found.id)
        draft.put(replace(each, labels=change(each.labels)))

    return step


def _tag_table(draft: Draft, number: int, change: Callable[[Labels], Labels]) -> None:
    network = draft.state.get(Network, number)
    draft.put(replace(network, route_table_labels=change(network.route_table_labels)))


def _subnet_step(
    cloud: CloudService, text: str, change: Callable[[Labels], Labels]
) -> Callable[[Draft], None]:
    owner, part = lookup.subnet(cloud.state, text)

    def step(draft: Draft) -> None:
        network = draft.state.get(Network, owner.id)
        parts = tuple(
            replace(each, labels=change(each.labels)) if each.range == part.range else each
            for each in network.subnets
        )
        draft.put(replace(network, subnets=parts))

    return step
