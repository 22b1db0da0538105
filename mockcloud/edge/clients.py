"""What clients of a lab's cloud are told: variables, AWS' cloud.conf, where names are known. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockcloud.cloud.environment import cloud_conf, environment
from mockcloud.edge.inventory import CLUSTER

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mockcloud.cloud.keys import KeyPair


def variables(url: str, token: str, keys: KeyPair, ids: Mapping[str, str]) -> dict[str, str]:
    """For clients that find the cloud at a URL, with the ids of its network."""
    return {**environment(url, token, keys), **ids}


def cloud_config(url: str, ids: Mapping[str, str]) -> str:
    """The file that AWS' own cloud controller manager reads."""
    return cloud_conf(url, ids, CLUSTER)


def resolv_conf(name_server: object) -> str:
    """For the lab's hosts. Nobody is far: what is lost is asked for again soon."""
    return f"nameserver {name_server}\noptions timeout:1 attempts:5\n"
