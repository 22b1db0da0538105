"""Allocation for Services: the rules of kubernetes.md 5.4, and the laws that hold whatever happens."""

import copy
import random
from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from mockcloud.kube.field_errors import Invalid
from mockcloud.kube.resources.services.service import SERVICE
from mockcloud.kube.service_allocation.allocator import ServiceAllocator
from testkit.objects import service

IPV4, IPV6 = "10.96.0.0/16", "fd00:10:96::/112"
DUAL = {"clusterIPs": ["10.96.1.9", "fd00:10:96::109"], "clusterIP": "10.96.1.9"}


def balancer(**spec):
    return service(type="LoadBalancer", **spec)


class Allocator(ServiceAllocator):
    """As a write asks for addresses: once the Service has its defaults and breaks no rule."""

    def admit(self, new, old, *, dry_run=False):
        service = SERVICE.defaults(new)
        if causes := SERVICE.problems(service, old):
            raise Invalid(causes)
        return self.allocate(service, old, dry_run=dry_run)


def allocator(*cidrs, existing=(), seed=1):
    return Allocator(cidrs or (IPV4,), existing, random.Random(seed))


def changed(stored, **spec):
    return {**copy.deepcopy(stored), "spec": {**copy.deepcopy(stored["spec"]), **spec}}


def refusals(admit, *args, **options):
    with pytest.raises(Invalid) as caught:
        admit(*args, **options)
    return [str(cause) for cause in caught.value.causes]


def test_a_new_service_gets_an_address_from_the_upper_band():
    """The lowest 256 of a /16 are left to those who ask for one."""
    spec = allocator().admit(service(), None)["spec"]
    assert int(ip_address(spec["clusterIP"])) - int(ip_address("10.96.0.0")) >= 256
    assert spec["clusterIPs"] == [spec["clusterIP"]]
    assert (spec["ipFamilies"], spec["ipFamilyPolicy"]) == (["IPv4"], "SingleStack")
    assert "nodePort" not in spec["ports"][0]


def test_a_small_range_gives_out_its_lower_band_last_and_then_is_full():
    """A /28 keeps 16 of its 14 usable addresses, so all are lower band; each is given once."""
    taken = allocator("10.0.0.0/28")
    got = {taken.admit(service(), None)["spec"]["clusterIP"] for _ in range(14)}
    assert got == {str(each) for each in ip_network("10.0.0.0/28").hosts()}
    text = "spec.clusterIPs: Internal error: failed to allocate a serviceIP: range is full"
    assert refusals(taken.admit, service(), None) == [text]


def test_node_ports_come_from_the_upper_band():
    """The lowest 86 are left to those who ask for one."""
    taken = allocator()
    ports = [taken.admit(balancer(), None)["spec"]["ports"][0]["nodePort"] for _ in range(50)]
    assert len(set(ports)) == 50
    assert all(30086 <= port <= 32767 for port in ports)


def test_tcp_and_udp_of_one_number_share_a_node_port_when_created():
    """One DNS service, one nodePort."""
    ports = [
        {"name": "a", "port": 53},
        {"name": "b", "port": 53, "protocol": "UDP"},
        {"name": "c", "port": 54},
    ]
    got = [
        port["nodePort"]
        for port in allocator().admit(service(type="NodePort", ports=ports), None)["spec"]["ports"]
    ]
    assert got[0] == got[1] != got[2]


def test_a_later_port_may_state_the_shared_node_port():
    """The first of the pair takes the number that the second asks for."""
    ports = [{"name": "a", "port": 53}, {"name": "b", "port": 53, "protocol": "UDP", "nodePort": 30053}]
    got = allocator().admit(service(type="NodePort", ports=ports), None)["spec"]["ports"]
    assert [port["nodePort"] for port in got] == [30053, 30053]


def test_allocate_false_keeps_ports_without_numbers_but_respects_stated_ones():
    """allocateLoadBalancerNodePorts turns off the automatic part only."""
    ports = [{"name": "a", "port": 80}, {"name": "b", "port": 81, "nodePort": 30081}]
    got = allocator().admit(balancer(ports=ports, allocateLoadBalancerNodePorts=False), None)["spec"]["ports"]
    assert [port.get("nodePort") for port in got] == [None, 30081]


def test_turning_allocation_off_keeps_the_ports_that_are_there():
    """kubernetes.md 5.4: existing nodePorts stay."""
    taken = allocator()
    stored = taken.admit(balancer(), None)
    after = taken.admit(changed(stored, allocateLoadBalancerNodePorts=False), stored)
    assert after["spec"]["ports"] == stored["spec"]["ports"]


def test_local_policy_gets_a_health_check_port():
    """From the same range as nodePorts, and another number."""
    spec = allocator().admit(balancer(externalTrafficPolicy="Local"), None)["spec"]
    assert 30086 <= spec["healthCheckNodePort"] <= 32767
    assert spec["healthCheckNodePort"] != spec["ports"][0]["nodePort"]


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        pytest.param(
            {"clusterIP": "1.2.3.4"},
            'spec.clusterIPs: Invalid value: ["1.2.3.4"]: failed to allocate IP 1.2.3.4:'
            " the provided network does not match the current range",
            id="outside",
        ),
        pytest.param(
            {"clusterIP": "10.96.0.0"},
            'spec.clusterIPs: Invalid value: ["10.96.0.0"]: failed to allocate IP 10.96.0.0: the provided IP'
            " (10.96.0.0) is not in the valid range. The range of valid IPs is 10.96.0.0/16",
            id="network-address",
        ),
        pytest.param(
            {"clusterIP": "10.96.0.10"},
            'spec.clusterIPs: Invalid value: ["10.96.0.10"]: failed to allocate IP 10.96.0.10:'
            " provided IP is already allocated",
            id="taken",
        ),
        pytest.param(
            {"type": "NodePort", "ports": [{"port": 80, "nodePort": 80}]},
            "spec.ports[0].nodePort: Invalid value: 80: provided port is not in the valid range."
            " The range of valid ports is 30000-32767",
            id="node-port-out-of-range",
        ),
        pytest.param(
            {"type": "NodePort", "ports": [{"port": 80, "nodePort": 30053}]},
            "spec.ports[0].nodePort: Invalid value: 30053: provided port is already allocated",
            id="node-port-taken",
        ),
        pytest.param(
            {"type": "LoadBalancer", "externalTrafficPolicy": "Local", "healthCheckNodePort": 30053},
            "spec.healthCheckNodePort: Invalid value: 30053: failed to allocate requested HealthCheck"
            " NodePort 30053: provided port is already allocated",
            id="health-check-port-taken",
        ),
        pytest.param(
            {"ipFamilies": ["IPv4", "IPv6"]},
            'spec.ipFamilyPolicy: Invalid value: "SingleStack": must be'
            " 'RequireDualStack' or 'PreferDualStack' when multiple IP families are specified",
            id="two-families-single-stack",
        ),
        pytest.param(
            {"ipFamilyPolicy": "RequireDualStack"},
            'spec.ipFamilyPolicy: Invalid value: "RequireDualStack":'
            " this cluster is not configured for dual-stack services",
            id="dual-stack-on-a-single-stack-cluster",
        ),
        pytest.param(
            {"ipFamilies": ["IPv6"]},
            'spec.ipFamilies[0]: Invalid value: "IPv6": not configured on this cluster',
            id="family-not-there",
        ),
        pytest.param(
            {"clusterIP": "fd00:10:96::9"},
            'spec.clusterIPs[0]: Invalid value: ["fd00:10:96::9"]: IPv6 is not configured on this cluster',
            id="address-of-a-family-not-there",
        ),
    ],
)
def test_refused_on_a_single_stack_cluster(spec, text):
    """Texts of table 5.5 that need the cluster's state."""
    stored = service(type="NodePort", clusterIPs=["10.96.0.10"], ports=[{"port": 53, "nodePort": 30053}])
    assert refusals(allocator(existing=[stored]).admit, service(**spec), None) == [text]


def test_every_cause_is_reported_at_once():
    """One round trip says all that is wrong."""
    found = refusals(allocator().admit, balancer(ports=[], clusterIP="None", loadBalancerClass="%"), None)
    assert [text.partition(":")[0] for text in found] == [
        "spec.clusterIPs[0]",
        "spec.loadBalancerClass",
    ]


@pytest.mark.parametrize(
    ("spec", "families", "policy"),
    [
        pytest.param({}, ["IPv4"], "SingleStack", id="default"),
        pytest.param({"ipFamilies": ["IPv6"]}, ["IPv6"], "SingleStack", id="ipv6"),
        pytest.param({"clusterIP": "fd00:10:96::9"}, ["IPv6"], "SingleStack", id="inferred-from-the-address"),
        pytest.param({"ipFamilyPolicy": "PreferDualStack"}, ["IPv4", "IPv6"], "PreferDualStack", id="prefer"),
        pytest.param(
            {"ipFamilyPolicy": "RequireDualStack"}, ["IPv4", "IPv6"], "RequireDualStack", id="require"
        ),
        pytest.param(
            {"ipFamilyPolicy": "PreferDualStack", "ipFamilies": ["IPv6"]},
            ["IPv6", "IPv4"],
            "PreferDualStack",
            id="ipv6-first",
        ),
        pytest.param(
            DUAL | {"ipFamilyPolicy": "RequireDualStack"}, ["IPv4", "IPv6"], "RequireDualStack", id="both"
        ),
    ],
)
def test_families_on_a_dual_stack_cluster(spec, families, policy):
    """Each family has an address of its own, in the same order."""
    got = allocator(IPV4, IPV6).admit(service(**spec), None)["spec"]
    assert (got["ipFamilies"], got["ipFamilyPolicy"]) == (families, policy)
    assert [f"IPv{ip_address(each).version}" for each in got["clusterIPs"]] == families
    assert got["clusterIP"] == got["clusterIPs"][0]


@pytest.mark.parametrize(
    ("spec", "families", "policy"),
    [
        pytest.param({}, ["IPv4", "IPv6"], "RequireDualStack", id="selectorless"),
        pytest.param({"selector": {"a": "b"}}, ["IPv4"], "SingleStack", id="with-selector"),
        pytest.param({"ipFamilyPolicy": "SingleStack"}, ["IPv4"], "SingleStack", id="selectorless-single"),
    ],
)
def test_families_of_headless_services(spec, families, policy):
    """A headless Service has families but no address."""
    got = allocator(IPV4, IPV6).admit(service(clusterIP="None", **spec), None)["spec"]
    assert (got["ipFamilies"], got["ipFamilyPolicy"], got["clusterIPs"]) == (families, policy, ["None"])


def test_prefer_dual_stack_takes_what_a_single_stack_cluster_has():
    """Prefer is not require."""
    got = allocator().admit(service(ipFamilyPolicy="PreferDualStack"), None)["spec"]
    assert (got["ipFamilies"], len(got["clusterIPs"])) == (["IPv4"], 1)


def test_a_service_can_gain_and_lose_its_second_address():
    """Upgrade by policy; downgrade by SingleStack frees the second address for others."""
    taken = allocator(IPV4, IPV6)
    single = taken.admit(service(), None)
    dual = taken.admit(changed(single, ipFamilyPolicy="RequireDualStack"), single)
    assert dual["spec"]["clusterIPs"][0] == single["spec"]["clusterIP"]
    assert dual["spec"]["ipFamilies"] == ["IPv4", "IPv6"]
    again = taken.admit(changed(dual, ipFamilyPolicy="SingleStack"), dual)
    assert again["spec"]["clusterIPs"] == single["spec"]["clusterIPs"]
    assert again["spec"]["ipFamilies"] == ["IPv4"]
    second = dual["spec"]["clusterIPs"][1]
    assert taken.admit(service("other", clusterIP=second), None)["spec"]["clusterIP"] == second


def test_an_update_fills_in_what_the_client_left_out():
    """A PUT without clusterIP and nodePort keeps both."""
    taken = allocator()
    stored = taken.admit(balancer(externalTrafficPolicy="Local"), None)
    put = balancer(externalTrafficPolicy="Local", selector={"app": "x"}, clusterIP="")
    after = taken.admit(put, stored)
    for key in ("clusterIP", "clusterIPs", "ipFamilies", "ports", "healthCheckNodePort"):
        assert after["spec"][key] == stored["spec"][key]


def test_leaving_load_balancer_frees_ports_policy_and_status():
    """What the new type has no use for goes, and others can have the numbers."""
    taken = allocator()
    stored = taken.admit(balancer(externalTrafficPolicy="Local"), None)
    stored["status"] = {"loadBalancer": {"ingress": [{"ip": "192.0.2.1", "ipMode": "VIP"}]}}
    after = taken.admit(changed(stored, type="ClusterIP"), stored)
    gone = ("externalTrafficPolicy", "healthCheckNodePort", "allocateLoadBalancerNodePorts")
    assert not [key for key in gone if key in after["spec"]]
    assert after["status"] == {"loadBalancer": {}}
    assert "nodePort" not in after["spec"]["ports"][0]
    for port in (stored["spec"]["ports"][0]["nodePort"], stored["spec"]["healthCheckNodePort"]):
        taken.admit(service(type="NodePort", ports=[{"port": 80, "nodePort": port}]), None)


def test_external_name_frees_the_address_and_coming_back_gets_one():
    """To ExternalName and back to ClusterIP."""
    taken = allocator()
    stored = taken.admit(service(), None)
    named = taken.admit(changed(stored, type="ExternalName", externalName="a.example.com"), stored)
    assert not {"clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"} & set(named["spec"])
    taken.admit(service("other", clusterIP=stored["spec"]["clusterIP"]), None)
    back = taken.admit(changed(named, type="ClusterIP", externalName=""), named)
    assert back["spec"]["clusterIP"] != stored["spec"]["clusterIP"]


def test_a_removed_port_gives_its_node_port_back_and_a_new_one_gets_another():
    """Only what changed moves."""
    taken = allocator()
    stored = taken.admit(balancer(ports=[{"name": "a", "port": 80}, {"name": "b", "port": 81}]), None)
    kept, gone = (port["nodePort"] for port in stored["spec"]["ports"])
    ports = [{"name": "a", "port": 80}, {"name": "c", "port": 82}]
    after = taken.admit(changed(stored, ports=ports), stored)["spec"]["ports"]
    assert after[0]["nodePort"] == kept
    assert after[1]["nodePort"] not in (kept, gone)
    taken.admit(service(type="NodePort", ports=[{"port": 80, "nodePort": gone}]), None)


def test_a_dry_run_shows_placeholders_and_takes_nothing():
    """kubernetes.md 5.3: the network address and 32769; a clash is still a clash."""
    taken = allocator()
    spec = taken.admit(balancer(externalTrafficPolicy="Local"), None, dry_run=True)["spec"]
    assert (spec["clusterIP"], spec["ports"][0]["nodePort"], spec["healthCheckNodePort"]) == (
        "10.96.0.0",
        32769,
        32770,
    )
    asked = service(clusterIP="10.96.0.10")
    for _ in range(2):
        taken.admit(asked, None, dry_run=True)
    taken.admit(asked, None)
    assert refusals(taken.admit, asked, None, dry_run=True)


def test_a_refused_service_keeps_nothing():
    """The address it would have got stays free when its nodePort clashes."""
    taken = allocator(
        "10.0.0.0/30", existing=[service(type="NodePort", ports=[{"port": 1, "nodePort": 30053}])]
    )
    clash = service(type="NodePort", ports=[{"port": 80, "nodePort": 30053}])
    for _ in range(5):
        refusals(taken.admit, clash, None)
    assert {taken.admit(service(), None)["spec"]["clusterIP"] for _ in range(2)} == {"10.0.0.1", "10.0.0.2"}


def test_existing_services_are_known_after_a_restart():
    """What is stored is taken."""
    stored = allocator(IPV4, IPV6).admit(balancer(ipFamilyPolicy="RequireDualStack"), None)
    taken = allocator(IPV4, IPV6, existing=[stored], seed=2)
    for address in stored["spec"]["clusterIPs"]:
        assert "already allocated" in refusals(taken.admit, service(clusterIP=address), None)[0]


SPECS = st.fixed_dictionaries(
    {"ports": st.lists(st.integers(1, 4), min_size=1, max_size=3, unique=True)},
    optional={
        "type": st.sampled_from(["ClusterIP", "NodePort", "LoadBalancer", "ExternalName"]),
        "ipFamilyPolicy": st.sampled_from(["SingleStack", "PreferDualStack", "RequireDualStack"]),
        "ipFamilies": st.sampled_from([["IPv4"], ["IPv6"], ["IPv6", "IPv4"]]),
        "clusterIP": st.sampled_from(["None", "10.0.0.1", "10.0.0.2", ""]),
        "externalTrafficPolicy": st.sampled_from(["Cluster", "Local"]),
        "nodePort": st.integers(30000, 30003),
    },
)


def drawn(spec):
    spec = dict(spec)
    stated = spec.pop("nodePort", None)
    ports = [{"name": f"p{number}", "port": number} for number in spec.pop("ports")]
    if stated:
        ports[0]["nodePort"] = stated
    return service(**spec, ports=ports, externalName="a.example.com")


class Allocations(RuleBasedStateMachine):
    """Services come, change and go; nobody ever has what another has."""

    services = Bundle("services")

    def __init__(self):
        super().__init__()
        self.allocator = allocator("10.0.0.0/27", "fd00::/124")
        self.stored = {}
        self.count = 0

    @rule(target=services, spec=SPECS)
    def create(self, spec):
        self.count += 1
        try:
            self.stored[self.count] = self.allocator.admit(drawn(spec), None)
        except Invalid:
            self.stored[self.count] = None
        return self.count

    @rule(key=services, spec=SPECS)
    def replace(self, key, spec):
        old = self.stored.get(key)
        if old is None:
            return
        before = copy.deepcopy(old)
        try:
            new = self.allocator.admit(drawn(spec), old)
        except Invalid:
            new = old
        assert old == before
        kept = [old["spec"].get("clusterIP"), new["spec"].get("clusterIP")]
        if "ExternalName" not in (old["spec"]["type"], new["spec"]["type"]):
            assert kept[0] == kept[1]
        self.stored[key] = new

    @rule(key=services)
    def write_back(self, key):
        """Admitting what is stored changes nothing."""
        old = self.stored.get(key)
        if old is not None:
            assert self.allocator.admit(old, old) == old

    @rule(key=services, spec=SPECS)
    def try_dry(self, key, spec):
        old = self.stored.get(key)
        try:
            self.allocator.admit(drawn(spec), old, dry_run=True)
        except Invalid:
            return

    @rule(key=consumes(services))
    def remove(self, key):
        """What is released can be had again at once."""
        old = self.stored.pop(key)
        if old is not None:
            self.allocator.release(old)
            again = self.allocator.admit(old, None)
            assert again["spec"] == old["spec"]
            self.allocator.release(again)

    @invariant()
    def nobody_shares(self):
        specs = [each["spec"] for each in self.stored.values() if each]
        # An ExternalName keeps a nodePort that was written, and has it not: kube-apiserver's needsNodePort.
        specs = [each for each in specs if each["type"] != "ExternalName"]
        addresses = [ip for spec in specs for ip in spec.get("clusterIPs", []) if ip != "None"]
        assert len(addresses) == len(set(addresses))
        ports = [
            port
            for spec in specs
            for port in {each["nodePort"] for each in spec["ports"] if "nodePort" in each}
            | ({spec["healthCheckNodePort"]} if "healthCheckNodePort" in spec else set())
        ]
        assert len(ports) == len(set(ports))


TestAllocations = Allocations.TestCase
TestAllocations.settings = settings(max_examples=40, stateful_step_count=25)


@given(SPECS)
def test_admitting_twice_is_admitting_once(spec):
    """What was admitted is already complete, and the input is never changed."""
    taken, new = allocator("10.0.0.0/27", "fd00::/124"), drawn(spec)
    before = copy.deepcopy(new)
    try:
        admitted = taken.admit(new, None)
    except Invalid:
        return
    finally:
        assert new == before
    assert taken.admit(admitted, admitted) == admitted
