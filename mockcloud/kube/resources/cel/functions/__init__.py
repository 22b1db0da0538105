"""All functions of Kubernetes' CEL, each with its declaration, in the order of their libraries."""

from typing import Final

from mockcloud.kube.resources.cel.declarations import Library
from mockcloud.kube.resources.cel.functions import (
    authorization,
    formats,
    lists,
    networks,
    operators,
    optionals,
    quantities,
    semver,
    standard,
    strings,
    urls,
)

LIBRARY: Final = Library(
    row
    for module in (
        operators,
        standard,
        strings,
        lists,
        optionals,
        urls,
        networks,
        quantities,
        semver,
        formats,
        authorization,
    )
    for row in module.ROWS
)
