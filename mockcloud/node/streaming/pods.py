"""What the server needs of the node's pods: the runtime gives it, tests give their own."""

import asyncio
from collections.abc import Sequence
from typing import Any, Protocol

from mockcloud.node.measuring.usage import PodProcesses
from mockcloud.node.runtime.exec_attach import ContainerAccess

Object = dict[str, Any]


class PodAccess(Protocol):
    """One pod of the node."""

    def statuses(self) -> Sequence[Object]:
        """Its containers' statuses, those of init containers too."""
        ...

    def door(self, container: str) -> ContainerAccess | None:
        """The container as it is now; None where the pod has no such container."""
        ...

    async def dial(self, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection to a port of the pod's own loopback; OSError where nobody listens."""
        ...


class Pods(Protocol):
    """All pods of the node."""

    def find(self, namespace: str, name: str) -> PodAccess | None:
        """The pod, None where no such pod is here."""
        ...

    def objects(self) -> Sequence[Object]:
        """All pods of the node, as the API has them."""
        ...

    def processes(self) -> Sequence[PodProcesses]:
        """Where the processes of those hang that run."""
        ...
