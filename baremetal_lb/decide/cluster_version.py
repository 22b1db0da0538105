"""Whether a cluster is new enough, by the version that its API tells."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

# What Services say of themselves is kept in their conditions. Before 1.24, when the feature gate
# MixedProtocolLBService went on, the API throws the conditions of a Service's status away without a word.
OLDEST: Final = (1, 24)
SUPPORTED: Final = (1, 29)  # status.loadBalancer.ingress[].ipMode (KEP-1860)
_VERSION: Final = re.compile(r"v?(\d+)\.(\d+)")


@dataclass(frozen=True, slots=True)
class Age:
    """What there is to say of a cluster's version, if anything, and whether it cannot be served at all."""

    remark: str = ""
    is_too_old: bool = False


def judge(version: str) -> Age:
    """Of a version as the API tells it (`v1.29.3+k3s1`); one that is no version is passed over."""
    found = _VERSION.match(version)
    if found is None:
        return Age()
    release = int(found[1]), int(found[2])
    what = f"the cluster is Kubernetes {version}, expected 1.29 or later: "
    if release < OLDEST:
        why = (
            "before 1.24 the API does not store the conditions of a Service, by which controller and "
            "speakers tell what they do; upgrade the cluster"
        )
        return Age(what + why, is_too_old=True)
    if release < SUPPORTED:
        why = "status.loadBalancer.ingress[].ipMode is not stored, and nobody has tested this; upgrade it"
        return Age(what + why)
    return Age()
