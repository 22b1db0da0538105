"""Objects that no API would let pass: whatever they are, nft takes what becomes of them, and nothing else."""

import copy
from ipaddress import ip_address, ip_network

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mockcloud.client.odd import readable
from mockcloud.proxy.decide.convert import service_view, slice_view
from mockcloud.proxy.decide.ledger import Ledger
from mockcloud.proxy.decide.render import TABLES, Renderer
from mockcloud.proxy.decide.rules import service_rules
from mockcloud.proxy.decide.service_map import ServiceMap
from mockcloud.proxy.decide.views import FAMILIES, NodeView, ServiceKey
from mockcloud.proxy.nftables import LibNft
from testkit.lan import Lan, NamespaceError
from testkit.services.objects import Backend, Exposed
from testkit.services.topology import PODS

pytestmark = pytest.mark.netns
BATCH = 8  # a child process a batch
NODE = NodeView(
    name="node-1",
    ips=(ip_address("192.168.10.11"), ip_address("fd00:10::11")),
    pod_cidrs=(ip_network("10.244.1.0/24"), ip_network("fd00:10:244:1::/64")),
    cluster_cidrs=(ip_network("10.244.0.0/16"), ip_network("fd00:10:244::/48")),
    node_port_ips=(ip_address("192.168.10.11"), ip_address("fd00:10::11")),
    service_cidrs=(ip_network("10.96.0.0/16"), ip_network("fd00:10:96::/112")),
)

hostile = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-1, 70000),
    st.floats(allow_nan=True),
    st.text(max_size=12),
    st.sampled_from(
        [
            'web" ; flush ruleset ; "',
            "}\nflush ruleset\n",
            "a b",
            "10.0.0.1/99",
            "::ffff:10.0.0.1",
            "fe80::1%eth0; drop",
            "0.0.0.0",
            "255.255.255.255",
            "x" * 300,
            "ключ",
            "tcp",
            "Local",
        ]
    ),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)


def places(value, path=()):
    """The path of every value inside, itself included."""
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, below in inner:
        yield from places(below, (*path, key))


def changed(obj, path, value):
    """The object with something else in one place."""
    found = copy.deepcopy(obj)
    inside = found
    for key in path[:-1]:
        inside = inside[key]
    inside[path[-1]] = value
    return found


def given_service(number):
    spec = {
        "externalTrafficPolicy": "Local",
        "sessionAffinity": "ClientIP",
        "sessionAffinityConfig": {"clientIP": {"timeoutSeconds": 30}},
        "loadBalancerSourceRanges": ["10.0.0.0/8", "fd00::/16"],
        "healthCheckNodePort": 31000,
    }
    hints = {"forZones": [{"name": "a"}], "forNodes": [{"name": "node-1"}]}
    exposed = Exposed(number, (Backend(PODS[0], hints=hints), Backend(PODS[3], hints=hints)), spec)
    return {**exposed.service(), "status": {"loadBalancer": {"ingress": exposed.ingress()}}}, exposed.slices()


@st.composite
def tampered(draw):
    """A Service and its slices, with hostile values in one to three places."""
    service, slices = given_service(draw(st.integers(1, 40)))
    objects = [service, *slices]
    for _ in range(draw(st.integers(1, 3))):
        index = draw(st.integers(0, 2))
        path = draw(st.sampled_from([path for path in places(objects[index]) if path]))
        objects[index] = changed(objects[index], path, draw(hostile))
    return objects


@pytest.fixture(scope="module")
def lan():
    try:
        with Lan.of("node") as made:
            yield made
    except NamespaceError as error:
        pytest.skip(f"no network namespaces to be had: {error}")


@given(st.lists(tampered(), min_size=BATCH, max_size=BATCH))
@settings(max_examples=15, suppress_health_check=list(HealthCheck))
def test_hostile_objects_harm_nobody(lan, clusters):
    """The table loads beside a bystander's, whole, and a Service that is as it should be has its rules."""
    scripts = [script for objects in clusters for script in scripts_for(objects)]

    def load():
        nft = LibNft()
        for script in scripts:
            nft.run("flush ruleset\nadd table ip bystander\n")
            nft.run(script)
            tables = nft.run("list tables\n").split("\n")
            assert "table ip bystander" in tables
            assert set(tables) <= {
                "",
                "table ip bystander",
                *(f"table {family} {TABLES[0]}" for family in FAMILIES),
            }

    lan.run("node", load)


def scripts_for(objects):
    world = ServiceMap()
    good_service, good_slices = given_service(50)
    for service in (objects[0], good_service):
        view = readable("service", ("default", "s"), service_view, service)
        if view is not None:
            world.put_service(view.key, view)
    for number, part in enumerate((*objects[1:], *good_slices)):
        world.put_slice(("default", str(number)), readable("slice", ("default", "s"), slice_view, part))
    assert ServiceKey("default", "svc-50") in world.services
    for family in FAMILIES:
        ledger = Ledger()
        for key, service in world.services.items():
            ledger.put(key, service_rules(service, world.endpoints(key, family), NODE, family))
        yield Renderer(family, NODE).load(ledger.contents())
