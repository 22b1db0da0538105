"""Lists as EC2 gives them: filters over what is shown, ids first, pages."""

from __future__ import annotations

import re
from functools import lru_cache
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

from mockcloud.cloud.aws.errors import AwsError
from mockcloud.cloud.aws.paging import PageWish, page

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

Row = dict[str, Any]
# What a row of each list is known by.
_IDS: Final = {
    "InstanceStatuses": "InstanceId",
    "Instances": "InstanceId",
    "NetworkInterfaces": "NetworkInterfaceId",
    "Reservations": "ReservationId",
    "RouteTables": "RouteTableId",
    "SecurityGroups": "GroupId",
    "Subnets": "SubnetId",
    "Vpcs": "VpcId",
}


def chosen(wanted: Row, rows: Sequence[Row], fields: Mapping[str, str]) -> list[Row]:
    """The rows that all filters let through, each by one of its values at least.

    `fields`: name of a filter -> where a row has it, such as State.Name, through lists, too. Tags need none.
    """
    found = list(rows)
    for each in wanted.get("Filters", ()):
        name, patterns = each.get("Name", ""), [_pattern(text) for text in each.get("Values", ())]
        found = [
            row for row in found if any(p.fullmatch(v) for v in _values(row, name, fields) for p in patterns)
        ]
        if not rows:
            _check_name(name, fields)
    return found


def listed(wanted: Row, key: str, rows: Sequence[Row]) -> Row:
    """An answer: a page of rows, and where the next begins."""
    bad = AwsError("InvalidParameterValue", f"Unable to parse pagination token '{wanted.get('NextToken')}'.")
    id_of = itemgetter(_IDS[key])
    some, token = page(rows, id_of, PageWish(wanted.get("MaxResults"), wanted.get("NextToken"), bad))
    return {key: some, "NextToken": token}


def tags(labels: Mapping[str, str]) -> list[Row]:
    """Labels, as EC2 shows them."""
    return [{"Key": key, "Value": value} for key, value in labels.items()]


def tags_for(wanted: Row, kind: str) -> dict[str, str]:
    """The tags that a request asks for, of what it makes."""
    return {
        tag["Key"]: tag.get("Value", "")
        for each in wanted.get("TagSpecifications", ())
        if each.get("ResourceType") == kind
        for tag in each.get("Tags", ())
    }


def _check_name(name: str, fields: Mapping[str, str]) -> None:
    if name not in fields and name != "tag-key" and not name.startswith("tag:"):
        raise AwsError("InvalidParameterValue", f"The filter '{name}' is invalid")


def _values(row: Row, name: str, fields: Mapping[str, str]) -> Iterator[str]:
    _check_name(name, fields)
    if name == "tag-key":
        yield from (each["Key"] for each in row.get("Tags", ()))
    elif name.startswith("tag:"):
        key = name.removeprefix("tag:")
        yield from (each["Value"] for each in row.get("Tags", ()) if each["Key"] == key)
    else:
        yield from _at(row, fields[name].split("."))


def _at(value: Any, path: list[str]) -> Iterator[str]:  # noqa: ANN401 - whatever a row has
    if isinstance(value, list):
        for each in value:
            yield from _at(each, path)
    elif path:
        if isinstance(value, dict) and value.get(path[0]) is not None:
            yield from _at(value[path[0]], path[1:])
    elif isinstance(value, bool):
        yield "true" if value else "false"
    else:
        yield str(value)


@lru_cache(maxsize=1024)
def _pattern(text: str) -> re.Pattern[str]:
    r"""* is any text, ? any character, \ takes the meaning from what follows."""
    parts = re.findall(r"\\.|\*|\?|[^\\*?]+|\\", text, re.DOTALL)
    meant = {"*": ".*", "?": "."}
    return re.compile("".join(meant.get(p) or re.escape(p.removeprefix("\\") or p) for p in parts), re.DOTALL)
