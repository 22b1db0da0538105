"""What is done to both, step by step; after each, both have to have made the same of it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from testkit import objects

from conformance.cloud_controllers.observe import Row
from conformance.cloud_controllers.site import Site

PREFIX: Final = "service.beta.kubernetes.io/aws-load-balancer-"
EXCLUDE: Final = "node.kubernetes.io/exclude-from-external-load-balancers"
SHUTDOWN: Final = "node.cloudprovider.kubernetes.io/shutdown"
NLB: Final = {"type": "nlb"}
HTTP: Final = {"name": "http", "port": 80, "nodePort": 30080, "protocol": "TCP"}
HTTPS: Final = {"name": "https", "port": 443, "nodePort": 30443, "protocol": "TCP"}
LOCAL: Final = {"externalTrafficPolicy": "Local", "healthCheckNodePort": 32000}


@dataclass(frozen=True, slots=True)
class Step:
    """`reached`: what has to have become of it, where it takes more than a moment to begin."""

    name: str
    do: Callable[[Site], None]
    reached: Callable[[Row], bool] = bool


def http(node_port: int) -> dict[str, Any]:
    return {**HTTP, "nodePort": node_port}


def dns(node_port: int) -> dict[str, Any]:
    return {"name": "dns", "port": 53, "nodePort": node_port, "protocol": "UDP"}


def service(
    name: str, *ports: Mapping[str, Any], annotations: Mapping[str, str] | None = None, **spec: object
) -> Callable[[Site], None]:
    told = {f"{PREFIX}{key}": value for key, value in (annotations or {}).items()}
    fields = {"type": "LoadBalancer", "ports": list(ports), **spec}
    return lambda site: site.create(objects.service(name, metadata={"annotations": told}, **fields))


def spec(name: str, **fields: object) -> Callable[[Site], None]:
    return lambda site: site.patch(name, {"spec": fields})


def annotate(name: str, **values: str | None) -> Callable[[Site], None]:
    told = {f"{PREFIX}{key.replace('_', '-')}": value for key, value in values.items()}
    return lambda site: site.patch(name, {"metadata": {"annotations": told}})


def delete(*names: str) -> Callable[[Site], None]:
    def go(site: Site) -> None:
        site.api.kubectl("delete", "service", *names, "--wait=false")

    return go


def instance(number: int, operation: str) -> Callable[[Site], None]:
    def go(site: Site) -> None:
        getattr(site.ec2, operation)(InstanceIds=[site.instances[number]["InstanceId"]])
        site.set_ready(number, "Unknown")

    return go


def label(number: int, text: str) -> Callable[[Site], None]:
    def go(site: Site) -> None:
        site.api.kubectl("label", "node", site.node(number), text)

    return go


def steps() -> Iterator[Step]:
    """In order: a later one may build on what an earlier one made."""
    yield Step("two nodes", lambda site: site.register(2), lambda found: _initialized(found, 0, 1))
    yield from _network()
    yield from _classic()
    yield Step("a class of somebody else's", service("class", http(31005), loadBalancerClass="else.where/x"))
    yield Step(
        "another controller's type", service("elsewhere", http(31006), annotations={"type": "external"})
    )
    yield from _nodes()
    names = ("web", "classic", "udp", "local", "inside", "labelled", "elsewhere", "attributes", "checked")
    yield Step("deletion of all", delete(*names, "other", "late"), lambda found: "service web" not in found)


def _taints(found: Row, number: int) -> list[str]:
    return [each["key"] for each in found[f"node {number}"]["spec"].get("taints", ())]


def _initialized(found: Row, *numbers: int) -> bool:
    return all(f"node {each}" in found and not _taints(found, each) for each in numbers)


# client-go tells 25 Events of one object, then none for a while: so no Service is changed too often.
def _network() -> Iterator[Step]:
    yield Step("nlb", service("web", HTTP, HTTPS, annotations=NLB))
    yield Step("nlb of policy Local", service("local", http(31000), annotations=NLB, **LOCAL))
    yield Step("nlb of UDP", service("udp", dns(31001), annotations=NLB))
    yield Step("nlb inside", service("inside", http(31002), annotations={**NLB, "internal": "true"}))
    some = {**NLB, "target-node-labels": "disk=ssd"}
    yield Step("nlb over some nodes", service("labelled", http(31003), annotations=some))
    tags = {**NLB, "additional-resource-tags": "a=b,c="}
    yield Step("nlb with tags", service("tagged", http(31004), annotations=tags))
    yield Step("nlb and its deletion", delete("tagged"))
    yield Step("port", spec("web", ports=[HTTP, {**HTTPS, "port": 8443}]))
    yield Step("node port", spec("web", ports=[http(30088), {**HTTPS, "port": 8443}]))
    yield Step("source ranges", spec("web", loadBalancerSourceRanges=["192.0.2.0/24", "198.51.100.0/24"]))
    wrong = {**NLB, "target-group-attributes": "stickiness.enabled=true"}
    yield Step("wrong attributes", service("attributes", http(31007), annotations=wrong))
    right = "proxy_protocol_v2.enabled=true,preserve_client_ip.enabled=false"
    yield Step("right attributes", annotate("attributes", target_group_attributes=right))
    yield Step("attributes that are not said any more", annotate("attributes", target_group_attributes=None))
    yield Step("another nlb", service("checked", http(31008), annotations=NLB))
    yield Step("cross-zone", annotate("checked", cross_zone_load_balancing_enabled="true"))
    yield Step("interval", annotate("checked", healthcheck_interval="10"))
    check = {"healthcheck_port": "8080", "healthcheck_protocol": "HTTP", "healthcheck_path": "/ok"}
    yield Step("health check", annotate("checked", **check))
    threshold = {f"healthcheck_{each}_threshold": "5" for each in ("healthy", "unhealthy")}
    yield Step("thresholds", annotate("checked", **threshold))


def _classic() -> Iterator[Step]:
    yield Step("classic", service("classic", http(31010)))
    yield Step("ranges of a classic one", spec("classic", loadBalancerSourceRanges=["192.0.2.0/24"]))
    yield Step("everybody again", spec("classic", loadBalancerSourceRanges=None))
    yield Step("idle timeout", annotate("classic", connection_idle_timeout="120"))
    yield Step("PROXY protocol", annotate("classic", proxy_protocol="*"))
    yield Step("tags", annotate("classic", additional_resource_tags="team=blue,x="))
    yield Step("another classic one", service("other", http(31014), annotations={"proxy-protocol": "*"}))
    draining = {"connection_draining_enabled": "true", "connection_draining_timeout": "30"}
    yield Step("draining", annotate("other", **draining))
    check = {"healthcheck_protocol": "HTTP", "healthcheck_path": "/ok"}
    yield Step("health check of a classic one", annotate("other", **check))
    yield Step("ports of a classic one", spec("other", ports=[http(31014), {**HTTPS, "nodePort": 31011}]))
    yield Step("no PROXY protocol", annotate("other", proxy_protocol=None))
    yield Step("HTTP", annotate("other", backend_protocol="http"))
    long = {"connection-idle-timeout": "long"}
    yield Step("a value that cannot be", service("late", http(31016), annotations=long))
    yield Step("a value that can be", annotate("late", connection_idle_timeout="30"))
    yield Step("affinity", service("sticky", http(31012), sessionAffinity="ClientIP"))
    yield Step("classic and UDP", service("datagrams", dns(31013)))
    yield Step("deletion of what was refused", delete("sticky", "datagrams"))


def _nodes() -> Iterator[Step]:
    yield Step("a third node", lambda site: site.register(1), lambda found: _initialized(found, 2))
    yield Step("a label that a Service asks for", label(1, "disk=ssd"))
    yield Step("an excluded node", label(0, f"{EXCLUDE}=true"))
    yield Step("and not excluded", label(0, f"{EXCLUDE}-"))
    plain = {"type": "ClusterIP", "externalTrafficPolicy": None, "healthCheckNodePort": None}
    yield Step("no balancer any more", spec("local", **plain))
    yield Step("and again one", spec("local", type="LoadBalancer", ports=[http(31000)]))
    terminate, stop = instance(1, "terminate_instances"), instance(2, "stop_instances")
    yield Step("a terminated instance", terminate, lambda found: "node 1" not in found)
    yield Step("a stopped instance", stop, lambda found: _taints(found, 2) == [SHUTDOWN])
