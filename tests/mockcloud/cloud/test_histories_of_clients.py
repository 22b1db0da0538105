"""Both clouds' own clients in any order, while answers get lost, requests are throttled, clouds start anew.

Nothing is there twice, nothing is left of what is gone, and what a client was told is done stays done.
`pytest --hypothesis-profile=long --timeout=0` goes on for an hour.
"""

import contextlib
import functools
import socket
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from mockcloud.cloud.core.values import Address, Balancer
from mockcloud.cloud.in_process import in_process_cloud
from mockcloud.cloud.journal import SqliteJournal
from mockcloud.cloud.keys import KeyPair

boto3 = pytest.importorskip("boto3")
hcloud = pytest.importorskip("hcloud")
from botocore.config import Config  # noqa: E402 - after it is known to be there
from botocore.exceptions import ClientError, HTTPClientError  # noqa: E402
from hcloud.load_balancer_types import LoadBalancerType  # noqa: E402
from hcloud.load_balancers import (  # noqa: E402
    LoadBalancerHealthCheck,
    LoadBalancerService,
    LoadBalancerTarget,
)
from hcloud.locations import Location  # noqa: E402

TRIES = 100  # more than faults can be ordered for
PASSING = {"Throttling", "RequestLimitExceeded", "unavailable"}
# What the clouds may say to requests that do not go together.
REFUSALS = {
    *("uniqueness_error", "invalid_input", "not_found", "source_port_already_used", "target_already_defined"),
    *("DuplicateTargetGroupName", "DuplicateListener", "ResourceInUse", "TargetGroupAssociationLimit"),
    *("service_error", "server_not_attached_to_network"),
}


@dataclass(frozen=True)
class Pick:
    """What a change is about; which of two instances."""

    port: int
    which: int
    goes: bool


PICKS = st.builds(Pick, st.sampled_from([80, 81]), st.integers(0, 1), st.booleans())
CHANGES = st.sampled_from(
    [
        *("make_balancer", "change_service", "change_service", "change_target", "delete_balancer"),
        *("make_nlb", "make_group", "listen", "listen", "change_member", "delete_nlb", "delete_group"),
    ]
)


class Refused(Exception):
    """The cloud said no, for good."""


class Kept:
    """A journal that the thread opens which writes; a cloud that starts reads what the last one left."""

    def __init__(self, path):
        self._path, self._open = path, None

    def load(self):
        with contextlib.closing(SqliteJournal(self._path)) as journal:
            return journal.load()

    def keep(self, changes, after):
        self._open = self._open or SqliteJournal(self._path)
        self._open.keep(changes, after)

    def keep_clock(self, *_):
        """It goes with the machine's."""

    def clock(self):
        return None

    def close(self):
        if self._open is not None:
            self._open.close()


class Clients:
    """One address for all clouds of this file, and clients for it, which are slow to make."""

    def __init__(self):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        keys = KeyPair()
        session = boto3.session.Session(keys.id, keys.secret, region_name="eu-central-1")
        # Each request is sent once: the machine below tries again, without waiting.
        config = Config(retries={"total_max_attempts": 1})
        self.ec2, self.elb = (
            session.client(each, endpoint_url=self.url, config=config) for each in ("ec2", "elbv2")
        )
        self.hetzner = hcloud.Client("mockcloud", api_endpoint=f"{self.url}/v1", poll_interval=0.001)


clients = functools.cache(Clients)


@pytest.fixture(scope="module", autouse=True)
def closed():
    """The address is given back."""
    yield
    clients().socket.close()


class Histories(RuleBasedStateMachine):
    """Beside the cloud: what it said is there. `balancers`: Hetzner's, name -> (ports, servers)."""

    def __init__(self):
        super().__init__()
        self.folder = tempfile.TemporaryDirectory(prefix="histories-")
        self.clients = clients()
        self.balancers, self.nlbs, self.groups, self.listeners = {}, set(), {}, {}
        self.stack = contextlib.ExitStack()
        self.start()

    def start(self):
        self.journal = Kept(Path(self.folder.name) / "cloud.db")
        self.cloud = self.stack.enter_context(
            in_process_cloud(journal=self.journal, sockets=(self.clients.socket.dup(),))
        )

    def stop(self):
        self.cloud.ask(lambda _: self.journal.close())
        self.stack.close()

    def teardown(self):
        try:
            self.look()
        finally:
            self.stop()
            self.folder.cleanup()

    def certain(self, do, *done):
        """What the cloud says in the end; after an answer that was lost, `done` are errors that mean yes."""
        lost = False
        for _ in range(TRIES):
            try:
                return do()
            except (HTTPClientError, requests.ConnectionError):
                lost = True
            except (ClientError, hcloud.APIException) as error:
                code = (
                    error.code if isinstance(error, hcloud.APIException) else error.response["Error"]["Code"]
                )
                if lost and code in done:
                    return None
                if code in REFUSALS:
                    raise Refused(code) from error
                if code not in PASSING:
                    raise
        pytest.fail(f"{TRIES} tries, and each met a fault")

    def attempt(self, do, *done):
        """Whether it was done."""
        try:
            self.certain(do, *done)
        except Refused:
            return False
        return True

    @initialize()
    def begin(self):
        asked = {"ImageId": "ami-12345678", "MinCount": 2, "MaxCount": 2, "ClientToken": "two"}
        made = self.certain(lambda: self.clients.ec2.run_instances(**asked))["Instances"]
        self.instances = [each["InstanceId"] for each in made]
        self.vpc, self.subnet = made[0]["VpcId"], made[0]["SubnetId"]
        self.servers = self.clients.hetzner.servers.get_all()
        assert [each.id for each in self.servers] == [1001, 1002]
        for what in ("make_balancer", "change_service", "make_nlb", "make_group", "listen", "change_member"):
            getattr(self, what)("a", Pick(80, 0, goes=False))
        assert (self.listeners, self.balancers) == ({("a", 80): "a"}, {"a": ({80: 30_000}, set())})

    @rule(what=st.lists(st.tuples(CHANGES, st.sampled_from("ab"), PICKS), min_size=2, max_size=6))
    def change(self, what):
        """Several, by both clouds' clients."""
        for how, name, pick in what:
            getattr(self, how)(name, pick)

    @rule(fault=st.sampled_from(["answer", "throttled", "unavailable"]), count=st.integers(1, 2))
    def inject(self, fault, count):
        """It meets the next requests, whichever they are."""
        body = {
            "answer": {"point": "answer", "path": "*"},
            "throttled": {"point": "request", "path": "/e*", "status": 429},
            "unavailable": {"point": "request", "path": "/v1/*", "status": 503},
        }[fault]
        requests.post(f"{self.clients.url}/_mock/faults", json=body | {"count": count}, timeout=10)

    @rule()
    def restart(self):
        """Ended faults and all; the state is what the journal has."""
        self.stop()
        self.start()
        self.look()

    @rule(seconds=st.sampled_from([1, 400]))
    def wait(self, seconds):
        """Beyond what targets drain, or not."""
        requests.post(f"{self.clients.url}/_mock/clock", json={"advance": seconds}, timeout=10)
        self.look()

    def make_balancer(self, name, _):
        made = {"load_balancer_type": LoadBalancerType("lb11"), "location": Location("fsn1")}
        if self.attempt(
            lambda: self.clients.hetzner.load_balancers.create(f"h-{name}", **made), "uniqueness_error"
        ):
            assert name not in self.balancers
            self.balancers[name] = ({}, set())

    def balancer(self, name):
        """Hetzner's API lists AWS' balancers, too: its own have other names here."""
        return self.certain(lambda: self.clients.hetzner.load_balancers.get_by_name(f"h-{name}"))

    def delete_balancer(self, name, _):
        found = self.balancer(name)
        assert (found is not None) == (name in self.balancers)
        if found is not None and self.attempt(found.delete, "not_found"):
            del self.balancers[name]

    def change_service(self, name, pick):
        """Added, changed where it is there, or taken away."""
        if name not in self.balancers:
            return
        balancer, (ports, _) = self.balancer(name), self.balancers[name]
        port, to = pick.port, 30_000 + pick.which
        service = LoadBalancerService("tcp", port, to, False, LoadBalancerHealthCheck("tcp", to, 3, 2, 1))
        if pick.goes:
            if self.attempt(lambda: balancer.delete_service(service), "not_found", "invalid_input"):
                del ports[port]
        elif port in ports:
            assert self.attempt(lambda: balancer.update_service(service))
            ports[port] = to
        elif self.attempt(lambda: balancer.add_service(service), "source_port_already_used"):
            ports[port] = to

    def change_target(self, name, pick):
        if name not in self.balancers:
            return
        balancer, (_, targets) = self.balancer(name), self.balancers[name]
        server = self.servers[pick.which]
        target = LoadBalancerTarget("server", server=server, use_private_ip=False)
        if pick.goes:
            if self.attempt(lambda: balancer.remove_target(target), "not_found", "invalid_input"):
                targets.remove(server.id)
        elif self.attempt(lambda: balancer.add_target(target), "target_already_defined"):
            targets.add(server.id)

    def make_nlb(self, name, _):
        """The same request again is the same balancer."""
        asked = {"Name": name, "Type": "network", "Subnets": [self.subnet]}
        self.certain(lambda: self.clients.elb.create_load_balancer(**asked))
        self.nlbs.add(name)

    def arn(self, name):
        found = self.certain(lambda: self.clients.elb.describe_load_balancers())["LoadBalancers"]
        return next(each["LoadBalancerArn"] for each in found if each["LoadBalancerName"] == name)

    def delete_nlb(self, name, _):
        if name in self.nlbs:
            arn = self.arn(name)
            self.certain(lambda: self.clients.elb.delete_load_balancer(LoadBalancerArn=arn))
            self.nlbs.remove(name)
            self.listeners = {key: to for key, to in self.listeners.items() if key[0] != name}

    def make_group(self, name, pick):
        asked = {"Name": name, "Protocol": "TCP", "Port": pick.port, "VpcId": self.vpc}
        if self.attempt(lambda: self.clients.elb.create_target_group(**asked)):
            assert self.groups.setdefault(name, (pick.port, set()))[0] == pick.port

    def group(self, name):
        found = self.certain(lambda: self.clients.elb.describe_target_groups())["TargetGroups"]
        return next(each["TargetGroupArn"] for each in found if each["TargetGroupName"] == name)

    def delete_group(self, name, _):
        if name in self.groups:
            arn = self.group(name)
            if self.attempt(lambda: self.clients.elb.delete_target_group(TargetGroupArn=arn)):
                assert name not in self.listeners.values()
                del self.groups[name]

    def change_member(self, name, pick):
        if name not in self.groups:
            return
        instance = self.instances[pick.which]
        asked = {"TargetGroupArn": self.group(name), "Targets": [{"Id": instance}]}
        if pick.goes:
            self.certain(lambda: self.clients.elb.deregister_targets(**asked))
            self.groups[name][1].discard(instance)
        else:
            self.certain(lambda: self.clients.elb.register_targets(**asked))
            self.groups[name][1].add(instance)

    def listen(self, name, pick):
        group, port = "ab"[pick.which], pick.port
        if name not in self.nlbs or group not in self.groups:
            return
        action = [{"Type": "forward", "TargetGroupArn": self.group(group)}]
        asked = {"LoadBalancerArn": self.arn(name), "Protocol": "TCP", "Port": port, "DefaultActions": action}
        if self.attempt(lambda: self.clients.elb.create_listener(**asked)):
            assert self.listeners.get((name, port), group) == group
            self.listeners[name, port] = group

    def look(self):
        """What the lists of both clouds show is what they said."""
        self.look_at_hetzner()
        elb = self.clients.elb
        found = self.certain(lambda: elb.describe_load_balancers())["LoadBalancers"]
        assert sorted(each["LoadBalancerName"] for each in found) == sorted(self.nlbs)
        arns = {each["LoadBalancerArn"]: each["LoadBalancerName"] for each in found}
        groups = self.certain(lambda: elb.describe_target_groups())["TargetGroups"]
        names = {each["TargetGroupArn"]: each["TargetGroupName"] for each in groups}
        assert sorted(names.values()) == sorted(self.groups)
        listeners = {}
        for arn, name in arns.items():
            for each in self.certain(lambda arn=arn: elb.describe_listeners(LoadBalancerArn=arn))[
                "Listeners"
            ]:
                listeners[name, each["Port"]] = names[each["DefaultActions"][0]["TargetGroupArn"]]
        assert listeners == self.listeners
        for arn, name in names.items():
            asked = self.certain(lambda arn=arn: elb.describe_target_health(TargetGroupArn=arn))
            there = [
                each["Target"]["Id"]
                for each in asked["TargetHealthDescriptions"]
                if each["TargetHealth"]["State"] != "draining"
            ]
            assert sorted(there) == sorted(self.groups[name][1])

    def look_at_hetzner(self):
        found = {}
        for each in self.certain(lambda: self.clients.hetzner.load_balancers.get_all()):
            if each.load_balancer_type.name == "lb11":
                name = each.name.removeprefix("h-")
                assert name not in found
                ports = {service.listen_port: service.destination_port for service in each.services}
                targets = [target.server.id for target in each.targets]
                assert len(targets) == len(set(targets))
                found[name] = (ports, set(targets))
        assert found == self.balancers

    @invariant()
    def nothing_leaks(self):
        """Each address that a balancer holds is that of one that there is."""
        state = self.cloud.ask(lambda server: server.cloud.state)
        own = [number for each in state.all(Balancer) for number in state_addresses(state, each)]
        assert len(own) == len(set(own))
        assert {each.id for each in state.all(Address) if held_by_balancer(each)} == set(own)


def held_by_balancer(address):
    return address.holder is not None and address.holder.kind == "balancer"


def state_addresses(state, balancer):
    return [
        each.id for each in state.all(Address) if held_by_balancer(each) and each.holder.id == balancer.id
    ]


TestHistories = Histories.TestCase
# A profile's examples are meant for cheap ones: these are histories of requests over HTTP.
TestHistories.settings = settings(
    max_examples=max(1, settings().max_examples // 33), stateful_step_count=10, deadline=None
)
