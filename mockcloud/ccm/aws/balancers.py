"""Load balancers at AWS: look, decide, perform; and look again, where things were not as they were seen."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import replace
from typing import Final, TypeVar

from tenacity import AsyncRetrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from mockcloud.ccm.aws.client import Aws, AwsRefusal
from mockcloud.ccm.aws.decide.calls import Call
from mockcloud.ccm.aws.decide.plans import classic, network, node_rules
from mockcloud.ccm.aws.decide.plans.node_rules import NodeGroups
from mockcloud.ccm.aws.decide.plans.place import Place
from mockcloud.ccm.aws.decide.plans.subnets import chosen_subnets
from mockcloud.ccm.aws.decide.provider_ids import instance_ids
from mockcloud.ccm.aws.decide.seen import Instance, Seen
from mockcloud.ccm.aws.decide.wanted import names, spec
from mockcloud.ccm.aws.decide.wanted.annotations import Annotations, annotations_of, complaints
from mockcloud.ccm.aws.decide.wanted.classic import ClassicWanted, classic_wanted
from mockcloud.ccm.aws.decide.wanted.network import NetworkWanted, network_wanted
from mockcloud.ccm.aws.decide.wanted.refusal import Refused
from mockcloud.ccm.aws.looking import Leftovers, Look
from mockcloud.ccm.aws.sharing import NodeRules
from mockcloud.ccm.objects.nodes import Node
from mockcloud.ccm.objects.services import Ingress, Service
from mockcloud.ccm.provider import ImplementedElsewhere, ProviderError

LOOKS: Final = 4
"""How often one sync looks anew, where what it saw was no longer so."""
STALE: Final = (
    "NotFound",
    "Duplicate",
    "InUse",
    "DependencyViolation",
    "AlreadyExists",
    "TooManyTargetGroups",
)
"""In the codes of what AWS refuses because things are not as they were seen."""

T = TypeVar("T")


class AwsBalancers:
    """The provider's LoadBalancers for one cluster in one VPC."""

    def __init__(self, aws: Aws, cluster: str, vpc: str) -> None:
        self._aws = aws
        self._cluster = cluster
        self._vpc = vpc
        self._look = Look(aws, cluster, vpc)
        self._leftovers: dict[str, Leftovers] = {}  # by uid: where they have to be looked for
        self._node_rules = NodeRules(aws, self._look.at_node_groups)

    def warnings(self, service: Service) -> Sequence[str]:
        """Annotations of AWS' that have no effect."""
        return complaints(annotations_of(service.meta.annotations))

    async def exists(self, service: Service) -> bool:
        """A balancer or its security group; target groups and nodes' rules go before it."""
        if annotations_of(service.meta.annotations).elsewhere:
            return False
        return await self._look.exists(service)

    async def ensure(self, service: Service, nodes: Sequence[Node]) -> tuple[Ingress, ...]:
        """A classic balancer, or an NLB where it is asked for."""
        given = annotations_of(service.meta.annotations)
        if given.elsewhere:
            raise ImplementedElsewhere
        try:
            return await self._repeated(service, lambda: self._ensure(service, given, nodes))
        except Refused as error:
            raise ProviderError(str(error)) from error

    async def update(self, service: Service, nodes: Sequence[Node]) -> None:
        """The same: what is as it should be costs no call."""
        if not annotations_of(service.meta.annotations).elsewhere and not await self._look.exists(service):
            msg = "Load balancer not found"
            raise ProviderError(msg)
        await self.ensure(service, nodes)

    async def delete(self, service: Service) -> None:
        """Both kinds: the annotation may have changed while nobody worked."""
        if not annotations_of(service.meta.annotations).elsewhere:
            await self._repeated(service, lambda: self._delete(service))
            del self._leftovers[service.meta.uid]

    async def _repeated(self, service: Service, once: Callable[[], Awaitable[T]]) -> T:
        async for attempt in AsyncRetrying(
            retry=retry_if_exception(_stale),
            stop=stop_after_attempt(LOOKS),
            wait=wait_random_exponential(multiplier=0.05, max=2),
            reraise=True,
        ):
            with attempt:
                done = await once()
                self._leftovers[service.meta.uid] = Leftovers.NONE
                return done
        raise AssertionError  # the retrying ends with a result or an error

    async def _seen(self, service: Service, *, attributes: bool = False) -> Seen:
        """Until the sync has come to its end, it may leave something over."""
        leftovers = self._leftovers.get(service.meta.uid, Leftovers.FROM_BEFORE)
        self._leftovers[service.meta.uid] = Leftovers.OF_OURS
        return await self._look.at_service(service, attributes=attributes, leftovers=leftovers)

    async def _ensure(
        self, service: Service, given: Annotations, nodes: Sequence[Node]
    ) -> tuple[Ingress, ...]:
        instances = await self._look.at_instances(instance_ids(spec.targets(nodes, given)))
        if given.network:
            host = await self._ensure_network(service, given, instances)
        else:
            host = await self._ensure_classic(service, given, instances)
        return (Ingress(hostname=host),) if host else ()

    async def _ensure_network(
        self, service: Service, given: Annotations, instances: Collection[Instance]
    ) -> str:
        wanted = network_wanted(service, given, self._cluster)
        seen = await self._seen(service, attributes=wanted.group_attributes is not None)
        subnets = await self._look.at_subnets()
        chosen = chosen_subnets(subnets, given, self._cluster)
        place = Place(self._vpc, chosen, tuple(each.id for each in instances))
        await self._remove(wanted.name, replace(seen, network=None, groups=()))
        answers = await self._aws.perform(network.ensure_network(wanted, place, seen))
        within = seen.network.subnets if seen.network else chosen
        ranges = [each.cidr for each in subnets if each.id in within]
        await self._lead_to_nodes(wanted, ranges, instances)
        if seen.network:
            return seen.network.host_name
        host: str = answers[network.BALANCER]["LoadBalancers"][0]["DNSName"]
        return host

    async def _ensure_classic(
        self, service: Service, given: Annotations, instances: Collection[Instance]
    ) -> str:
        wanted = classic_wanted(service, given, self._cluster)
        seen = await self._seen(service)
        chosen = chosen_subnets(await self._look.at_subnets(), given, self._cluster)
        place = Place(self._vpc, chosen, tuple(each.id for each in instances))
        await self._remove(wanted.name, replace(seen, classic=None, own_security_group=None))
        answers = await self._aws.perform(classic.ensure_classic(wanted, place, seen))
        own = seen.own_security_group.id if seen.own_security_group else ""
        if wanted.own_group:
            own = own or answers[classic.GROUP]["GroupId"]
        await self._let_in(wanted, own, instances)
        if not wanted.own_group:
            await self._aws.perform(classic.delete_own_group(seen))
        if seen.classic:
            return seen.classic.host_name
        host: str = answers[classic.BALANCER]["DNSName"]
        return host

    async def _lead_to_nodes(
        self, wanted: NetworkWanted, ranges: Sequence[str], instances: Collection[Instance]
    ) -> None:
        await self._node_rules.change(
            lambda seen: node_rules.network_rules(wanted, ranges, seen.of(instances))
        )

    async def _let_in(self, wanted: ClassicWanted, own: str, instances: Collection[Instance]) -> None:
        keep = own if wanted.own_group else wanted.groups[0]
        await self._node_rules.change(
            lambda seen: node_rules.classic_rules({own, keep} - {""}, keep, seen.of(instances))
        )

    async def _delete(self, service: Service) -> None:
        await self._remove(names.balancer_name(service.meta.uid), await self._seen(service))

    async def _remove(self, name: str, seen: Seen) -> None:
        """Nodes' rules first: they are not found again without the balancer, or its security group."""
        if seen.nothing:
            return
        own = seen.own_security_group.id if seen.own_security_group else ""
        first = seen.classic.groups[0] if seen.classic and seen.classic.groups else ""

        def closing(groups: NodeGroups) -> list[Call]:
            everywhere = groups.whoever_they_are_of()
            calls = node_rules.classic_rules({own, first} - {""}, "", everywhere)
            return calls + (node_rules.without_network_rules(name, everywhere) if seen.network else [])

        await self._node_rules.change(closing)
        await self._aws.perform([*network.delete_network(seen), *classic.delete_classic(name, seen)])


def _stale(error: BaseException) -> bool:
    return isinstance(error, AwsRefusal) and any(each in error.code for each in STALE)
