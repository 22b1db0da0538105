"""What a cloud has to do for the controllers: the contract of k8s.io/cloud-provider, in our words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from mockcloud.ccm.objects.nodes import Address, Node
from mockcloud.ccm.objects.services import Ingress, Service


class ProviderError(Exception):
    """The cloud, or what was asked of it, does not allow it; its words are for the Service's Event."""


class RetryAfter(ProviderError):
    """It will be possible in so many seconds: no back-off is needed."""

    def __init__(self, message: str, seconds: float) -> None:
        super().__init__(message)
        self.seconds = seconds


class ImplementedElsewhere(Exception):
    """Another controller looks after this Service's load balancer."""


class LoadBalancers(Protocol):
    """All of it may be called again at any time, also after a call that was cut off anywhere.

    Each method raises ProviderError with a reason for people; `ensure` and `update` raise
    ImplementedElsewhere as well.
    """

    def warnings(self, service: Service) -> Sequence[str]:
        """What the Service asks for in vain, each in a sentence."""
        ...

    async def exists(self, service: Service) -> bool:
        """Whether anything made for the Service is left in the cloud."""
        ...

    async def ensure(self, service: Service, nodes: Sequence[Node]) -> tuple[Ingress, ...]:
        """Make it as the Service wants it, over these nodes; where it can be reached."""
        ...

    async def update(self, service: Service, nodes: Sequence[Node]) -> None:
        """Have it lead to these nodes."""
        ...

    async def delete(self, service: Service) -> None:
        """Leave nothing of it; that it is gone already is no error."""
        ...


@dataclass(frozen=True, slots=True)
class InstanceFacts:
    """What the cloud knows of a node's instance. Empty is unknown."""

    provider_id: str
    instance_type: str = ""
    zone: str = ""
    region: str = ""
    addresses: tuple[Address, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)


class Instances(Protocol):
    """Each method raises ProviderError where the cloud cannot say."""

    async def facts(self, node: Node) -> InstanceFacts:
        """Of the instance that the node runs on."""
        ...

    async def exists(self, node: Node) -> bool:
        """Whether there is such an instance, running or not."""
        ...

    async def is_shut_down(self, node: Node) -> bool:
        """Whether it stands still, and may start again."""
        ...
