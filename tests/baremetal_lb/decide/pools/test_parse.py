"""The configuration's text: what is accepted, and every way to be wrong, by path."""

import contextlib

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from baremetal_lb.decide.pools.entries import EntryError, edges, parse_address, parse_entry
from baremetal_lb.decide.pools.overlaps import Claimed
from baremetal_lb.decide.pools.parse import parse_config
from baremetal_lb.model.addresses import AddressRange, family_of
from baremetal_lb.model.errors import ConfigRejected
from baremetal_lb.model.pools import OnRemoval, Operator, PoolConfig, Protocol


def pool(name: str = "p", addresses: str = "[10.0.0.0/24]", **keys: str) -> str:
    more = "".join(f"  {key.replace('_', '-')}: {value}\n" for key, value in keys.items())
    protocol = "" if "protocol" in keys else "  protocol: layer2\n"
    return f"- name: {name}\n{protocol}  addresses: {addresses}\n{more}"


def config(*pools: str) -> str:
    return "address-pools:\n" + "".join(pools)


def faults(text: str) -> dict[str, str]:
    with pytest.raises(ConfigRejected) as caught:
        parse_config(text)
    return {fault.path: fault.message for fault in caught.value.faults}


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        pytest.param("192.168.10.0/24", "192.168.10.0", "192.168.10.255", id="cidr"),
        pytest.param("192.168.10.5", "192.168.10.5", "192.168.10.5", id="one-address"),
        pytest.param("fd00::1", "fd00::1", "fd00::1", id="one-ipv6-address"),
        pytest.param("10.0.0.1-10.0.0.9", "10.0.0.1", "10.0.0.9", id="range"),
        pytest.param(" 10.0.0.1 - 10.0.0.9 ", "10.0.0.1", "10.0.0.9", id="range-with-spaces"),
        pytest.param("fd00::/64", "fd00::", "fd00::ffff:ffff:ffff:ffff", id="ipv6-cidr"),
        pytest.param("172.18.1.255/25", "172.18.1.128", "172.18.1.255", id="host-bits"),
        pytest.param("fd00::7/120", "fd00::", "fd00::ff", id="ipv6-host-bits"),
        pytest.param("0.0.0.0/0", "0.0.0.0", "255.255.255.255", id="everything"),
    ],
)
def test_an_entry_means_a_range(text, first, last):
    """MetalLB's grammar, and a bare address beside it."""
    entry = parse_entry(text)
    assert (first, last) == (str(entry.first), str(entry.last))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        pytest.param(
            "10.0.0.9-10.0.0.1", "ends before it starts: 10.0.0.9 is after 10.0.0.1", id="backwards"
        ),
        pytest.param("10.0.0.1-fd00::1", "both ends must be of one family", id="two-families"),
        pytest.param("10.0.0.1-x", "'x' in the range '10.0.0.1-x' is not an address", id="junk-end"),
        pytest.param(
            "10.0.0.0/33", "is not a CIDR: its prefix has 33 bits; expected 0 to 32", id="prefix-too-long"
        ),
        pytest.param("fd00::/129", "its prefix has 129 bits; expected 0 to 128", id="ipv6-prefix-too-long"),
        pytest.param(
            "10.0.0.1-9",
            "'9' in the range '10.0.0.1-9' is not an address: expected FIRST-LAST, two whole",
            id="last-part-only",
        ),
        pytest.param("10.0.0.0/255.0.0.0", "is not a CIDR", id="netmask"),
        pytest.param("10.0.0.0/", "is not a CIDR", id="no-prefix"),
        pytest.param("lan", "'lan' is not an address: expected a CIDR", id="word"),
        pytest.param("", "'' is not an address", id="empty"),
        pytest.param("fe80::1%eth0", "is not an address", id="zone"),
        pytest.param("010.0.0.1", "is not an address", id="leading-zero"),
    ],
)
def test_an_entry_that_means_nothing_says_why(text, why):
    """The message names the text and what was expected."""
    with pytest.raises(EntryError) as caught:
        parse_entry(text)
    assert why in str(caught.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("10.0.0.0/24", ["10.0.0.0", "10.0.0.255"], id="network-and-broadcast"),
        pytest.param("10.0.0.0/31", [], id="point-to-point"),
        pytest.param("10.0.0.0/32", [], id="host"),
        pytest.param("fd00::/64", ["fd00::"], id="subnet-router-anycast"),
        pytest.param("fd00::/127", [], id="ipv6-point-to-point"),
        pytest.param("10.0.0.0-10.0.0.255", [], id="a-range-has-none"),
    ],
)
def test_edges_of_a_network(text, expected):
    """Only a CIDR has addresses that its network keeps."""
    assert expected == [str(address) for address in edges(parse_entry(text))]


@given(st.ip_addresses(), st.ip_addresses())
def test_a_range_comes_back_from_its_own_text(one, other):
    """What is printed for a range can be read again."""
    if one.version != other.version or not (parse_address(str(one)) and parse_address(str(other))):
        return
    first, last = sorted((one, other), key=int)
    expected = AddressRange(first, last)
    assert expected == parse_entry(str(expected))
    assert first in expected
    assert family_of(last) is expected.family


def test_a_metallb_config_map_works_as_it_is():
    """The classic form, with every key that MetalLB 0.12 knows."""
    parsed = parse_config("""
peers:
- {my-asn: 64500, peer-asn: 64501, peer-address: 10.0.0.1, hold-time: 90s, bfd-profile: fast,
   node-selectors: [{match-labels: {rack: a}, match-expressions: [{key: x, operator: In, values: [y]}]}]}
bfd-profiles: [{name: fast, receive-interval: 300}]
bgp-communities: {no-advertise: '65535:65282'}
address-pools:
- name: default
  protocol: layer2
  addresses: [192.168.10.0/24, fd00:10::1 - fd00:10::9]
- name: upstream
  protocol: bgp
  addresses: ['203.0.113.0/25']
  auto-assign: false
  avoid-buggy-ips: true
  bgp-advertisements: [{aggregation-length: 32, localpref: 100, communities: [no-advertise]}]
""")
    assert [each.name for each in parsed] == ["default", "upstream"]
    assert parsed.named("upstream").protocol is Protocol.BGP
    assert not parsed.named("upstream").auto_assign
    assert parsed.warnings == (
        'pool "upstream" has protocol bgp: its addresses are given, but not announced yet',
        "peers are checked, but BGP is not spoken yet",
    )


def test_scalars_without_quotes_mean_what_is_expected():
    """As to MetalLB: no base 60, merge keys, names of any kind."""
    parsed = parse_config("""
address-pools:
- &base
  name: 10
  protocol: bgp
  addresses: [203.0.113.0/28]
  auto-assign: no
  description: 2026-01-01
  cooldown: 30
  bgp-advertisements: [{localpref: 100, communities: [64512:1, 1:59, fast]}]
- <<: *base
  name: yes
  addresses: [203.0.113.16/28]
  node-selectors:
- {name: 64512:1, protocol: layer2, addresses: [10.0.0.0/24], auto-assign: Yes,
   service-allocation: {priority: 1, service-selectors: [{match-labels: {true: true, n: 0x10, e: 1e3}}]}}
bgp-communities: {fast: 0:7}
peers: [{my-asn: 64512, peer-asn: 64512, peer-address: 10.0.0.1, password: 12345, bfd-profile: 1}]
bfd-profiles: [{name: 1, echo-mode: off}]
""")
    assert [(each.name, each.auto_assign, each.cooldown) for each in parsed] == [
        ("10", False, 30.0),
        ("yes", False, 30.0),
        ("64512:1", True, 0.0),
    ]
    assert parsed.pools[0].description == "2026-01-01"
    labels = {"true": "true", "n": "0x10", "e": "1e3"}
    assert parsed.pools[2].allocation.admits_service(labels)


def test_host_bits_are_taken_for_the_network_and_said():
    """As MetalLB does, which says nothing."""
    parsed = parse_config(config(pool(addresses="[172.18.1.255/25, fd00::7/120, 10.0.0.0/24]")))
    assert [str(each) for each in parsed.pools[0].ranges] == ["172.18.1.128/25", "fd00::/120", "10.0.0.0/24"]
    assert parsed.warnings == (
        "address-pools[0].addresses[0]: '172.18.1.255/25' has host bits set: it is taken for the network "
        "172.18.1.128/25, which is 172.18.1.128-172.18.1.255; write 172.18.1.128/25, or 172.18.1.255 for "
        "the one address",
        "address-pools[0].addresses[1]: 'fd00::7/120' has host bits set: it is taken for the network "
        "fd00::/120, which is fd00::-fd00::ff; write fd00::/120, or fd00::7 for the one address",
    )


def test_the_keys_of_our_own():
    """service-allocation, description, cooldown, skip-network-broadcast and on-removal."""
    parsed = parse_config(
        config(
            pool(
                cooldown="1h30m",
                skip_network_broadcast="false",
                on_removal="keep",
                description="the lab",
                service_allocation=(
                    "{priority: 5, namespaces: [a], namespace-selectors: [{match-labels: {team: x}}],"
                    " service-selectors: [{match-expressions: [{key: tier, operator: Exists}]}]}"
                ),
            )
        )
    )
    found = parsed.named("p")
    assert (found.cooldown, found.skip_network_broadcast, found.on_removal) == (5400.0, False, OnRemoval.KEEP)
    assert found.allocation.priority == 5
    assert found.allocation.admits_namespace("b", {"team": "x"})
    assert not found.allocation.admits_namespace("b", {})
    assert found.allocation.service_selectors[0].match_expressions[0].operator is Operator.EXISTS


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        pytest.param("0.0.0.0/24", 'overlaps with 0.0.0.0/8 of "this network"', id="this-network"),
        pytest.param("127.0.0.5-127.0.0.9", "overlaps with 127.0.0.0/8 of loopback", id="loopback"),
        pytest.param("239.1.2.3", "overlaps with 224.0.0.0/4 of multicast", id="multicast"),
        pytest.param("255.255.255.0/24", "overlaps with 255.255.255.255 of broadcast", id="broadcast"),
        pytest.param("::/128", "overlaps with :: of the unspecified address", id="ipv6-unspecified"),
        pytest.param("ff02::/120", "overlaps with ff00::/8 of multicast", id="ipv6-multicast"),
    ],
)
def test_addresses_that_no_host_has_are_in_no_pool(entry, why):
    """A Service got 127.0.0.5, and was reported as announced."""
    assert why in faults(config(pool(addresses=f'["{entry}"]')))["address-pools[0].addresses[0]"]


@pytest.mark.parametrize("entry", ["169.254.1.0/24", "fe80::/120", "240.0.0.0/24", "100.64.0.0/10"])
def test_addresses_that_some_networks_use_may_be_in_a_pool(entry):
    """Unusual is not impossible."""
    assert parse_config(config(pool(addresses=f'["{entry}"]'))).pools


@pytest.mark.parametrize(
    ("text", "path", "why"),
    [
        pytest.param("a: [", "", "line 2, column 1: not valid YAML: ", id="not-yaml"),
        pytest.param("a:\n\tb: 1", "", "line 2, column 1: not valid YAML: a tab; expected spaces", id="tab"),
        pytest.param(
            "a:\n- b: 1\n c: 1",
            "",
            "did not find expected key; is it indented as the lines ",
            id="indentation",
        ),
        pytest.param(
            "a: b: c", "", "is it indented as the lines around it, and has it only one ': '?", id="colons"
        ),
        pytest.param("a: @b", "", "line 1, column 4: not valid YAML: found character that", id="quotes"),
        pytest.param("a: \x01", "", "not a text: character 0x1 at position 3: control", id="binary"),
        pytest.param("- a", "", "the configuration is a list; expected a mapping", id="a-list"),
        pytest.param("a: 1\na: 2", "", "line 2, column 1: the key 'a' is written twice", id="key-twice"),
        pytest.param(
            "pools: []", "pools", "is not a known key; did you mean 'address-pools'?", id="unknown-key"
        ),
        pytest.param(
            config(pool(adresses="[]")),
            "address-pools[0].adresses",
            "is not a known key; did you mean 'addresses'?",
            id="misspelt",
        ),
        pytest.param(
            "bfd-profiles: [{name: a, zzz: 1}]",
            "bfd-profiles[0].zzz",
            "is not a known key; expected one of: name, receive-interval, ",
            id="no-near-key",
        ),
        pytest.param(
            config(pool('"a\\nb"')),
            "address-pools[0].name",
            r"is 'a\nb'; expected at most 253 characters, and no control characters",
            id="control-characters",
        ),
        pytest.param(
            config(pool("a" * 300)), "address-pools[0].name", "...; expected at most 253", id="name-too-long"
        ),
        pytest.param(
            '"x\\u001b[2J": 1', r"'x\x1b[2J'", "is not a known key", id="key-with-control-characters"
        ),
        pytest.param(
            config(pool(addresses="")), "address-pools[0].addresses", "is required", id="addresses-nothing"
        ),
        pytest.param(
            config(pool(service_allocation="{priority: 010}")),
            "address-pools[0].service-allocation.priority",
            "is 010; expected a whole number",
            id="octal-or-not",
        ),
        pytest.param(
            config(pool(cooldown="9" * 400 + "d")),
            "address-pools[0].cooldown",
            "of a year at most",
            id="for-ever",
        ),
        pytest.param(
            "bgp-communities: {a: 1:" + "9" * 5000 + "}",
            "bgp-communities.a",
            "two numbers of 16 bits",
            id="digits",
        ),
        pytest.param("address-pools: 5", "address-pools", "is 5; expected a list", id="pools-no-list"),
        pytest.param("address-pools: [7]", "address-pools[0]", "is 7; expected a mapping", id="pool-no-map"),
        pytest.param(
            "address-pools: [{name: a, protocol: layer2}]",
            "address-pools[0].addresses",
            "is required",
            id="missing",
        ),
        pytest.param(
            config(pool("[5]")), "address-pools[0].name", "is a list; expected a string", id="name-a-list"
        ),
        pytest.param(
            config(pool(protocol="ospf")),
            "address-pools[0].protocol",
            "is 'ospf'; expected 'layer2' or 'bgp'",
            id="protocol",
        ),
        pytest.param(
            config(pool(addresses="[]")), "address-pools[0].addresses", "is empty", id="no-addresses"
        ),
        pytest.param(
            config(pool(addresses="[10.0.0.0/8, 10.1.0.0/16]")),
            "address-pools[0].addresses[1]",
            "'10.1.0.0/16' overlaps with 10.0.0.0/8 of address-pools[0].addresses[0]",
            id="overlap-within-a-pool",
        ),
        pytest.param(
            config(pool("a"), pool("b", "[10.0.0.7]")),
            "address-pools[1].addresses[0]",
            "'10.0.0.7' overlaps with 10.0.0.0/24 of address-pools[0].addresses[0]",
            id="overlap-between-pools",
        ),
        pytest.param(
            config(pool("a"), pool("a", "[10.1.0.0/24]")),
            "address-pools[1].name",
            "'a' is the name of address-pools[0] already",
            id="name-twice",
        ),
        pytest.param(
            config(pool(auto_assign="'yes'")),
            "address-pools[0].auto-assign",
            "expected true or false",
            id="bool",
        ),
        pytest.param(
            config(pool(cooldown="soon")),
            "address-pools[0].cooldown",
            "expected a duration such as",
            id="cooldown",
        ),
        pytest.param(
            config(pool(cooldown="-3")), "address-pools[0].cooldown", "is '-3'", id="cooldown-negative"
        ),
        pytest.param(
            config(pool(bgp_advertisements="[{}]")),
            "address-pools[0].bgp-advertisements",
            "is only for pools of protocol bgp",
            id="bgp-key-in-layer2-pool",
        ),
        pytest.param(
            config(
                pool(
                    service_allocation="{service-selectors: [{match-expressions: [{key: a, operator: In}]}]}"
                )
            ),
            "address-pools[0].service-allocation.service-selectors[0].match-expressions[0].values",
            "operator In needs at least one value",
            id="selector-without-values",
        ),
        pytest.param(
            "peers: [{my-asn: 1, peer-asn: 2, peer-address: x}]", "peers[0].peer-address", "is 'x'", id="peer"
        ),
        pytest.param(
            "peers: [{my-asn: 1, peer-asn: 2, peer-address: 10.0.0.1, bfd-profile: f}]",
            "peers[0].bfd-profile",
            "no such entry in bfd-profiles",
            id="bfd-profile",
        ),
    ],
)
def test_a_fault_is_named_by_path(text, path, why):
    """Where it stands, what stands there, what was expected."""
    found = faults(text)
    assert why in found[path]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("{" + "".join(f"x{at}: 1, " for at in range(40_000)) + "}", id="unknown-keys"),
        pytest.param(
            f"address-pools: [{{{''.join(f'x{at}: 1, ' for at in range(40_000))}}}]", id="in-a-pool"
        ),
        pytest.param(f"address-pools: [{'{}, ' * 999}]", id="empty-pools"),
        pytest.param(config(pool(addresses=str(["10.0.0.1"] * 9_000))), id="overlaps"),
        pytest.param(config(pool(addresses=str(["x"] * 9_000))), id="no-addresses"),
    ],
)
def test_of_very_many_faults_some_are_told(text):
    """A text that is wrong throughout costs no more than one that is right."""
    with pytest.raises(ConfigRejected) as caught:
        parse_config(text)
    assert len(caught.value.faults) == 101
    assert str(caught.value.faults[-1]) == "there is more that is wrong than these 100"


def test_all_faults_are_told_at_once():
    """A person mends a file once: wrong types in one pool do not hide overlaps in another."""
    found = faults(
        config(
            pool("[]", "[10.0.0.9-10.0.0.1, 7]", zoo="1"),
            pool("b", "[10.0.1.0/24, 10.0.1.5/24]", cooldown="soon"),
            pool("c", "[10.0.1.9]"),
            pool("d", "7", cooldown="soon"),
        )
    )
    assert set(found) == {
        "address-pools[0].name",
        "address-pools[0].zoo",
        "address-pools[0].addresses[0]",
        "address-pools[0].addresses[1]",
        "address-pools[1].addresses[1]",
        "address-pools[1].cooldown",
        "address-pools[2].addresses[0]",
        "address-pools[3].addresses",
        "address-pools[3].cooldown",
    }


def test_ranges_of_the_cluster_are_out_of_bounds():
    """A pool over the pods' addresses would break the cluster."""
    with pytest.raises(ConfigRejected, match=r"overlaps with 10.0.0.0/16 of the pods of node a"):
        parse_config(config(pool()), [Claimed("the pods of node a", parse_entry("10.0.0.0/16"))])


@pytest.mark.parametrize(
    "text", ["", "address-pools: []", "# nothing yet"], ids=["empty", "no-pools", "comment"]
)
def test_no_pools_is_a_lawful_configuration(text):
    """It means that nothing is given, and that is said."""
    parsed = parse_config(text)
    assert PoolConfig() == parsed
    assert parsed.warnings == ("there are no address-pools: no Service gets an address",)


@pytest.mark.parametrize(
    ("text", "path", "why"),
    [
        pytest.param(
            "address-pools: " + "[" * 10_000, "", "more than 40 levels of lists and mappings", id="lists"
        ),
        pytest.param("{a: " * 5000, "", "more than 40 levels of lists and mappings", id="mappings"),
        pytest.param("- " * 5000, "", "more than 40 levels of lists and mappings", id="dashes"),
        pytest.param(
            "a: &a [x, x]\n" + "".join(f"b{at}: &a [*a, *a]\n" for at in range(40)),
            "",
            "more than 100000 values (aliases count as what they stand for)",
            id="alias-bomb",
        ),
        pytest.param(
            "a: &a [*a]", "", "*a stands for nothing before it that is complete", id="alias-of-itself"
        ),
        pytest.param("x: [" + "1," * 100_001 + "]", "", "more than 100000 values", id="many-values"),
        pytest.param("#" * ((1 << 20) + 1), "", "is 1048577 bytes; at most 1048576 are read", id="large"),
        pytest.param(
            config(pool(addresses=str([f"10.0.{at // 256}.{at % 256}" for at in range(10_001)]))),
            "address-pools",
            "10001 entries in the lists of addresses; at most 10000 are read: write ranges",
            id="many-addresses",
        ),
        pytest.param(
            "address-pools: [" + "{}, " * 1001 + "]",
            "address-pools",
            "1001 pools; at most 1000",
            id="many-pools",
        ),
        pytest.param("a: !!python/name:os.system b", "", "the tag 'tag:yaml.org,2002:python/name:", id="tag"),
        pytest.param("<<: 5", "", "'<<' merges mappings", id="merge-of-a-scalar"),
        pytest.param("[a]: b", "", "a list or mapping as a key; expected a word", id="list-as-key"),
        pytest.param("{a: 1}\n---\n{b: 1}", "", "has 2 documents", id="two-documents"),
    ],
)
def test_what_would_cost_too_much_is_a_fault(text, path, why):
    """Depth, size and number are bounded, so that no text ends or holds up who reads it."""
    found = faults(text)
    assert list(found) == [path]
    assert why in found[path]


@given(st.text(max_size=200) | st.text("[]{}:,&*-?|>'\"#!%@<~\n a1", max_size=80))
def test_any_text_is_accepted_or_rejected(text):
    """No text makes the parser fail in another way."""
    with contextlib.suppress(ConfigRejected):
        parse_config(text)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["address-pools", "name", "addresses", "protocol", "peers", "cooldown", "x"]),
                inner,
            )
        ),
        max_leaves=12,
    )
)
def test_any_structure_is_accepted_or_rejected(value):
    """Wrong types anywhere are faults, never crashes."""
    with contextlib.suppress(ConfigRejected):
        parse_config(yaml.safe_dump(value))


def test_looking_up_the_pool_of_an_address():
    """Across pools, families and gaps."""
    parsed = parse_config(
        config(pool("a", "[10.0.0.0/24, fd00::/120]"), pool("b", "[10.0.2.5, 10.0.1.0/24]"))
    )
    where = {
        text: getattr(parsed.containing(parse_address(text)), "name", None)
        for text in (
            "10.0.0.0",
            "10.0.0.255",
            "10.0.1.7",
            "10.0.2.5",
            "10.0.2.4",
            "9.9.9.9",
            "fd00::7",
            "fd01::",
        )
    }
    assert where == {
        "10.0.0.0": "a",
        "10.0.0.255": "a",
        "10.0.1.7": "b",
        "10.0.2.5": "b",
        "10.0.2.4": None,
        "9.9.9.9": None,
        "fd00::7": "a",
        "fd01::": None,
    }
