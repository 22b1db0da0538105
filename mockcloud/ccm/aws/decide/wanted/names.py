"""How what is made for a Service is called and tagged: by its uid, so that it is found after a crash."""

import hashlib
import re
from collections.abc import Mapping
from typing import Final

SERVICE_TAG: Final = "kubernetes.io/service-name"
CLUSTER_TAG: Final = "kubernetes.io/cluster/"
LEGACY_CLUSTER_TAG: Final = "KubernetesCluster"
OWNED: Final = "owned"


def balancer_name(uid: str) -> str:
    """k8s.io/cloud-provider's default: 32 characters are what AWS takes."""
    return f"a{uid.replace('-', '')}"[:32]


def security_group_name(balancer: str) -> str:
    """A classic balancer's own group."""
    return f"k8s-elb-{balancer}"


def target_group_name(namespace: str, name: str, *distinguishing: object) -> str:
    """k8s-NAMESPACE-NAME-HASH. `distinguishing` is all that cannot be changed in a group that exists."""
    told = "".join(str(each) for each in distinguishing)
    digest = hashlib.sha1(told.encode(), usedforsecurity=False).hexdigest()
    return f"{target_group_prefix(namespace, name)}{digest[:10]}"


def target_group_prefix(namespace: str, name: str) -> str:
    """What the names of all of a Service's groups begin with."""
    plain = (re.sub(r"[^0-9A-Za-z]", "", each)[:8] for each in (namespace, name))
    return f"k8s-{'-'.join(plain)}-"


def tags(cluster: str, service: str, further: Mapping[str, str]) -> dict[str, str]:
    """Whose it is: what a person adds cannot hide that."""
    return {**further, SERVICE_TAG: service, f"{CLUSTER_TAG}{cluster}": OWNED}


def is_of_cluster(present: Mapping[str, str], cluster: str) -> bool:
    """Whether it carries the cluster's tag, or the older form of it."""
    return f"{CLUSTER_TAG}{cluster}" in present or present.get(LEGACY_CLUSTER_TAG) == cluster


def is_of_any_cluster(present: Mapping[str, str]) -> bool:
    """Whether it carries some cluster's tag."""
    return any(each.startswith(CLUSTER_TAG) for each in present)
