"""The text that the renderer writes, read by the real nft in a namespace of its own."""

import ctypes
import os
import threading
from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockcloud.proxy.decide.ledger import Ledger
from mockcloud.proxy.decide.render import ONE_TRANSACTION, TABLES, Renderer
from mockcloud.proxy.decide.rules import service_rules
from mockcloud.proxy.decide.views import (
    FAMILIES,
    EndpointView,
    Family,
    NodeView,
    PortView,
    Protocol,
    ServiceKey,
    ServiceView,
    Target,
)
from mockcloud.proxy.nftables import LibNft, NftCommand, NftError, open_nft

pytestmark = pytest.mark.netns
NEWUSER, NEWNET = 0x10000000, 0x40000000
NODE = NodeView(
    name="node-1",
    ips=(ip_address("192.168.10.11"), ip_address("fd00:10::11")),
    pod_cidrs=(ip_network("10.244.1.0/24"), ip_network("fd00:10:244:1::/64")),
    cluster_cidrs=(ip_network("10.244.0.0/16"), ip_network("fd00:10:244::/48")),
    node_port_ips=(ip_address("192.168.10.11"), ip_address("fd00:10::11")),
    service_cidrs=(ip_network("10.96.0.0/16"), ip_network("fd00:10:96::/112")),
)


class Namespace:
    """A thread that lives in a network namespace of its own, and runs what it is given."""

    def __init__(self):
        self.work, self.result = None, None
        self.asked, self.done = threading.Semaphore(0), threading.Semaphore(0)
        self.problem = None
        self.thread = threading.Thread(target=self.live, daemon=True)
        self.thread.start()
        self.done.acquire()

    def live(self):
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.unshare(NEWNET) != 0:
            self.problem = os.strerror(ctypes.get_errno())
        self.done.release()
        while True:
            self.asked.acquire()
            if self.work is None:
                return
            try:
                self.result = (self.work(), None)
            except (NftError, OSError, ValueError) as error:
                self.result = (None, error)
            self.done.release()

    def run(self, work):
        self.work = work
        self.asked.release()
        self.done.acquire()
        value, error = self.result
        if error is not None:
            raise error
        return value

    def close(self):
        self.work = None
        self.asked.release()
        self.thread.join()


@pytest.fixture(scope="module")
def namespace():
    made = Namespace()
    if made.problem:
        made.close()
        pytest.skip(f"no network namespace to be had (run as root): {made.problem}")
    yield made
    made.close()


def flip(family, v4, v6):
    return v4 if family is Family.IPV4 else v6


def part(family, number, protocol, count, options):
    port = PortView("p", protocol, 80, 30000 + number)
    key = ServiceKey("default", f"svc-{number}")
    service = ServiceView(
        key,
        (ip_address(flip(family, f"10.96.0.{number}", f"fd00:10:96::{number}")),),
        (port,),
        vips=(ip_address(flip(family, f"192.168.10.{200 + number}", f"fd00:10::{200 + number}")),),
        **options,
    )
    found = [
        EndpointView(
            Target(
                flip(
                    family, f"10.244.{1 + index % 2}.{index + 2}", f"fd00:10:244:{1 + index % 2}::{index + 2}"
                ),
                80,
            ),
            True,
            True,
            False,
            f"node-{1 + index % 2}",
        )
        for index in range(count)
    ]
    return key, service_rules(service, [(port, found)], NODE, family)


options = st.fixed_dictionaries(
    {
        "external_local": st.booleans(),
        "internal_local": st.booleans(),
        "affinity_seconds": st.sampled_from([0, 0, 30]),
        "source_ranges": st.sampled_from(
            [(), (ip_network("192.168.0.0/16"), ip_network("fd00::/16")), (ip_network("10.0.0.0/8"),)]
        ),
    }
)
steps = st.lists(
    st.tuples(st.integers(1, 3), st.sampled_from(list(Protocol)), st.integers(0, 4), options),
    min_size=1,
    max_size=8,
)


@pytest.mark.parametrize("family", FAMILIES)
@given(steps=steps)
@settings(max_examples=25)
def test_nft_takes_every_change_and_ends_where_a_fresh_load_does(namespace, family, steps):
    """Whatever Services become, nft takes each change, and the kernel then has what a load would give."""

    def play():
        nft, ledger, renderer = LibNft(), Ledger(), Renderer(family, NODE)
        nft.run(renderer.load([]))
        for step in steps:
            script = renderer.change(ledger.put(*part(family, *step)))
            nft.run(script.text)
            unused = [chain for chain in script.retired if not ledger.has_chain(chain)]
            nft.run(renderer.deletion(unused))
        changed = nft.run(f"list table {family} mockcloud\n")
        nft.run(renderer.load(ledger.contents()))
        return changed, nft.run(f"list table {family} mockcloud\n")

    changed, loaded = namespace.run(play)
    assert sorted(words(changed)) == sorted(words(loaded))


def words(listing):
    """A listing's content without its order: elements of a hash come in any."""
    return listing.replace(",", " ").split()


def test_a_refused_transaction_changes_nothing_and_says_why(namespace):
    """All or nothing, by the library and by the command alike."""

    def play():
        found = []
        for nft in (LibNft(), NftCommand()):
            nft.run("add table ip other\n")
            try:
                nft.run("add chain ip other c\nadd rule ip other nowhere drop\n")
            except NftError as error:
                found.append(str(error))
            found.append("chain c" in NftCommand().run("list table ip other\n"))
        return found

    complaint, there, complaint_of_command, there_by_command = namespace.run(play)
    assert (there, there_by_command) == (False, False)
    assert "No such file" in complaint
    assert "No such file" in complaint_of_command


def test_other_tables_are_left_alone(namespace):
    """A load replaces our table, and no other."""

    def play():
        nft = open_nft()
        nft.run("add table ip bystander\nadd chain ip bystander c\n")
        nft.run(Renderer(Family.IPV4, NODE).load([]))
        return nft.run("list table ip bystander\n")

    assert "chain c" in namespace.run(play)


def test_a_table_that_is_filled_asleep_takes_the_others_place(namespace):
    """What is too large for one transaction: the same content in the end, and one table at any time."""
    ledger = Ledger()
    for number in range(1, 50):
        ledger.put(*part(Family.IPV4, number, Protocol.TCP, 40, {"affinity_seconds": 0}))
    renderers = [Renderer(Family.IPV4, NODE, table) for table in TABLES]

    def play():
        nft = LibNft()
        nft.run(renderers[0].load(ledger.contents()))
        whole = nft.run(f"list table ip {TABLES[0]}\n")
        seen = []
        for text in renderers[1].staged(ledger.contents()):
            assert len(text) <= ONE_TRANSACTION
            nft.run(text)
            seen.append([name for name in TABLES if awake(nft, name)])
        return whole, seen, nft.run(f"list table ip {TABLES[1]}\n")

    def awake(nft, name):
        if f"table ip {name}\n" not in nft.run("list tables ip\n"):
            return False
        return "flags dormant" not in nft.run(f"list table ip {name}\n")

    whole, seen, staged = namespace.run(play)
    assert len(seen) > 3
    assert seen == [[TABLES[0]]] * (len(seen) - 1) + [[TABLES[1]]]
    assert sorted(words(staged)) == sorted(words(whole.replace(TABLES[0], TABLES[1])))
