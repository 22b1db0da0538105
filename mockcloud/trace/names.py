"""Which address a target's name means at the source, and which Service a name is."""

from __future__ import annotations

import os
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

from mockcloud.lab.cloud_files import resolv_conf
from mockcloud.lab.enter import run_on_host, way_to
from mockcloud.lab.forking import fork
from mockcloud.trace.explain import service_named

if TYPE_CHECKING:
    from mockcloud.lab.state import LabFolder
    from mockcloud.trace.model import Cluster

# It asks as the pod's programs do: by its nsswitch.conf, hosts and resolv.conf, in its order of addresses.
RESOLVER: Final = ("getent", "ahosts")


def address_of(folder: LabFolder, cluster: Cluster, source: str, host: str) -> str | None:
    """The address to connect to, None where there is none.

    A pod finds names itself (LabError where it cannot), and so does a host of a lab that is a cloud, which
    knows its balancers; no host asks the cluster's DNS, so for it we do.
    """
    try:
        return str(ip_address(host))
    except ValueError:
        pass
    if "/" in source:
        return _asked_there(folder, source, host)
    service = service_named(cluster, host)
    if service is None:
        return _asked_there(folder, source, host) if resolv_conf(folder) is not None else None
    inside = service.ips if source in cluster.nodes.values() else ()
    return next(iter((*service.external_ips, *inside)), None)


def _asked_there(folder: LabFolder, source: str, host: str) -> str | None:
    way_to(folder, folder.read(), source)  # what is in the way is told here, not by the child
    reading, writing = os.pipe()

    def ask() -> int:
        os.close(reading)
        os.dup2(writing, 1)
        return run_on_host(folder, source, (*RESOLVER, host))

    # Only a process of one thread may enter the lab.
    child = fork(ask)
    os.close(writing)
    with os.fdopen(reading) as answer:
        words = answer.read().split()
    os.waitpid(child, 0)
    return words[0] if words else None
