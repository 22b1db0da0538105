"""The controller as a process against the embedded API: what a person sees, and what faults can't do."""

import asyncio
import json
import signal
import time
from ipaddress import ip_address

import aiohttp

from baremetal_lb.decide.pools.entries import parse_entry
from baremetal_lb.kube.client import MERGE, Target
from baremetal_lb.kube.resources import CONFIG_MAPS, NODES, SERVICES
from baremetal_lb.model.api_names import (
    ANNOUNCED,
)
from baremetal_lb.model.conflicts import Conflict, ConflictKind
from baremetal_lb.model.places import Place, Port
from baremetal_lb.model.reports import Report
from tests.baremetal_lb.fakes.lab import PATIENCE

LAB = "name: lab, addresses: [10.0.0.1-10.0.0.2]"


async def test_a_service_gets_an_address_and_everything_that_tells_of_it(lab):
    """Status, ipMode, annotation, condition, Event, and one line in the log."""
    await lab.pools(LAB)
    async with lab.process() as controller:
        await lab.create("web")
        await lab.until(lambda: lab.has("web"))
        raw = lab.raw("web")
        assert raw["status"]["loadBalancer"]["ingress"] == [{"ip": "10.0.0.1", "ipMode": "VIP"}]
        assert raw["metadata"]["annotations"] == {
            "baremetal-lb.io/ip-allocated-from-pool": "lab",
            "baremetal-lb.io/served-by": lab.system,
        }
        assert lab.says("web") == 'True Allocated: 10.0.0.1 from pool "lab"'
        assert await lab.events("web", expected=1) == ['Normal IPAllocated: Assigned IP ["10.0.0.1"]']
        told = [line for line in controller.lines() if line.get("service") == f"{lab.namespace}/web"]
        assert [(line["event"], line["level"]) for line in told] == [("IPAllocated", "info")]
    assert controller.process.returncode == 0


async def test_a_full_pool_and_the_one_who_waits(lab):
    """Pending says why; a deletion serves who waits; the reason is an Event once."""
    await lab.pools(LAB)
    async with lab.controller():
        for name in ("a", "b", "c"):
            await lab.create(name)
        await lab.until(lambda: lab.says("c"))
        reason = 'pool "lab": full: 2 of 2 IPv4 addresses in use'
        assert lab.says("c") == f"False Exhausted: {reason}"
        await lab.delete("a")
        await lab.until(lambda: lab.has("c"))
        assert await lab.events("c", expected=2) == [
            f'Warning AllocationFailed: Failed to allocate IP for "{lab.namespace}/c": {reason}',
            'Normal IPAllocated: Assigned IP ["10.0.0.1"]',
        ]


async def test_a_type_change_releases_the_address(lab):
    """Nothing of ours stays, and the address goes to the next one."""
    await lab.pools("name: lab, addresses: [10.0.0.1]")
    async with lab.controller():
        await lab.create("a")
        await lab.until(lambda: lab.has("a"))
        await lab.create("b")
        await lab.client.patch(Target(SERVICES, lab.namespace, "a"), {"spec": {"type": "ClusterIP"}}, MERGE)
        await lab.until(lambda: lab.has("b") == "10.0.0.1" and not lab.says("a"))
        assert lab.has("a") == ""
        assert lab.raw("a")["metadata"].get("annotations", {}) == {}


async def test_a_bad_configuration_is_refused_whole(lab):
    """The last good one stays in force, and the ConfigMap says every fault."""
    await lab.pools(LAB)
    async with lab.controller():
        await lab.pools(
            text="address-pools: [{name: lab, protocol: layer2, addresses: [10.9.9.9-10.9.9.1]}]\nx: 1"
        )
        assert await lab.events("config", expected=1) == [
            "Warning ConfigRejected: x: is not a known key; "
            "expected one of: address-pools, peers, bgp-communities, bfd-profiles; "
            "address-pools[0].addresses[0]: '10.9.9.9-10.9.9.1' "
            "ends before it starts: 10.9.9.9 is after 10.9.9.1; the last good configuration stays in force"
        ]
        await lab.create("a")
        await lab.until(lambda: lab.has("a") == "10.0.0.1")
        await lab.pools("name: new, addresses: [10.1.0.1]")
        await lab.until(lambda: lab.has("a") == "10.1.0.1")
        await lab.client.delete(CONFIG_MAPS, "config", "baremetal-lb-system")
        await lab.create("b")
        await lab.until(lambda: lab.says("b"))
        assert lab.has("a") == "10.1.0.1"


async def test_a_configuration_made_to_harm_is_one_that_is_refused(lab):
    """Deep, endless or large: the last good one stays in force, and the controller leads on."""
    await lab.pools(LAB)
    async with lab.controller() as controller:
        bomb = "".join(f"b{at}: &a [*a, *a]\n" for at in range(60))
        many = "".join(f"  - 10.{at // 65536}.{at // 256 % 256}.{at % 256}\n" for at in range(40_000))
        for number, (text, why) in enumerate(
            [
                ("address-pools: " + "[" * 10_000, "more than 40 levels of lists and mappings"),
                ("a: &a [x]\n" + bomb, "more than 100000 values"),
                (f"address-pools:\n- name: a\n  protocol: layer2\n  addresses:\n{many}", "40000 entries"),
                ('address-pools: [{name: "a\\eb", protocol: layer2, addresses: [10.0.0.1]}]', "no control"),
            ]
        ):
            await lab.pools(text=text)
            told = await lab.events("config", expected=number + 1)
            assert told[-1].startswith("Warning ConfigRejected: ")
            assert why in told[-1]
            await lab.create(f"web-{number}", loadBalancerIP="10.0.0.1", ports=[{"port": 80 + number}])
        await lab.until(lambda: lab.has("web-0"))
        assert controller.ready.is_set()


async def test_services_wait_for_a_configuration(lab):
    """Without one, and with a broken one, they are told so; the ConfigMap may come later."""
    await lab.create("a")
    async with lab.controller():
        await lab.until(lambda: lab.says("a"))
        assert lab.says("a") == (
            "False NoPools: there is no pool configuration: "
            "ConfigMap baremetal-lb-system/config does not exist"
        )
        await lab.pools(text="address-pools: 5")
        await lab.until(lambda: "not valid" in lab.says("a"))
        await lab.pools(LAB)
        await lab.until(lambda: lab.has("a"))


async def test_a_restart_keeps_every_address(lab):
    """Adopted before anything is given, although an older Service (ages have seconds: names decide) waits."""
    await lab.pools("name: lab, addresses: [10.0.0.2-10.0.0.3]")
    await lab.create("a-waits", loadBalancerIP="10.0.0.1")
    async with lab.controller():
        for name in ("a", "b", "c"):
            await lab.create(name)
        await lab.until(lambda: lab.says("c") and lab.says("a-waits"))
    await lab.delete("a")
    await lab.pools("name: lab, addresses: [10.0.0.1-10.0.0.3]")
    before = lab.raw("b")
    async with lab.controller():
        await lab.until(lambda: lab.has("a-waits") and lab.has("c"))
        assert [lab.has("a-waits"), lab.has("c")] == ["10.0.0.1", "10.0.0.2"]
        assert before == lab.raw("b")


async def test_conflicts_and_errors_are_outlasted(lab, tmp_path):
    """409, 429, 500 and a dropped watch: written once in the end, with one Event."""
    await lab.pools(LAB)
    async with lab.proxy(tmp_path) as (proxy, kubeconfig), lab.controller(kubeconfig=kubeconfig):
        proxy.faults.extend([409, 429, 500, 503])
        await lab.create("a")
        await lab.until(lambda: lab.has("a"))
        await lab.becomes(lambda: [code for _, code in proxy.status_writes], [409, 429, 500, 503, 200])
        proxy.cut()
        await lab.create("b")
        await lab.until(lambda: lab.has("b"))
        assert await lab.events("b", expected=1) == ['Normal IPAllocated: Assigned IP ["10.0.0.2"]']


async def test_a_service_changed_under_a_write_is_judged_anew(lab, tmp_path):
    """The write carries the version it was judged by: the API refuses it, and the newer wish is met."""
    await lab.pools(LAB)
    async with lab.proxy(tmp_path) as (proxy, kubeconfig), lab.controller(kubeconfig=kubeconfig):
        proxy.delay = 0.15
        await lab.create("a")
        await lab.client.patch(
            Target(SERVICES, lab.namespace, "a"), {"spec": {"loadBalancerIP": "10.0.0.2"}}, MERGE
        )
        await lab.until(lambda: lab.has("a") == "10.0.0.2")


async def test_an_api_that_is_away_is_waited_for(lab, tmp_path):
    """What is known stays known; what happened meanwhile is seen afterwards."""
    await lab.pools(LAB)
    async with (
        lab.proxy(tmp_path) as (proxy, kubeconfig),
        lab.controller(kubeconfig=kubeconfig) as controller,
    ):
        await lab.create("a")
        await lab.until(lambda: lab.has("a"))
        proxy.away = True
        proxy.cut()
        await lab.delete("a")
        await lab.create("b", loadBalancerIP="10.0.0.1")
        await proxy.turned_away(5)
        assert lab.has("b") == ""
        proxy.away = False
        await lab.until(lambda: lab.has("b") == "10.0.0.1")
        assert controller.ready.is_set()


async def test_a_controller_may_be_started_before_its_api(lab, tmp_path):
    """It waits, retries, and is ready only then."""
    await lab.pools(LAB)
    await lab.create("a")
    async with lab.proxy(tmp_path) as (proxy, kubeconfig):
        proxy.away = True
        starting = asyncio.ensure_future(_wait_ready(lab, kubeconfig))
        await proxy.turned_away(12)
        assert not starting.done()
        proxy.away = False
        assert await starting == "10.0.0.1"


async def _wait_ready(lab, kubeconfig) -> str:
    async with lab.controller(kubeconfig=kubeconfig):
        await lab.until(lambda: lab.has("a"))
        return lab.has("a")


async def test_many_at_once_and_a_killed_controller_give_each_address_once(lab):
    """A crash in the middle of the writes leaves nothing twice."""
    await lab.pools("name: lab, addresses: [10.0.0.0/24]")
    names = [f"s{number}" for number in range(60)]
    async with lab.process() as controller:
        await asyncio.gather(*(lab.create(name) for name in names[:30]))
        controller.process.send_signal(signal.SIGKILL)
        await controller.process.wait()
    async with lab.controller():
        await asyncio.gather(*(lab.create(name) for name in names[30:]))
        await lab.until(lambda: all(lab.has(name) for name in names))
    assert len({lab.has(name) for name in names}) == len(names)


async def test_describe_and_wait_explain_a_service_without_logs(lab):
    """kubectl describe shows the Event; kubectl wait understands the condition."""
    await lab.pools(LAB)
    async with lab.controller():
        await lab.create("web")
        await lab.events("web", expected=1)
        said = await asyncio.to_thread(lab.api.kubectl, "-n", lab.namespace, "describe", "svc", "web")
        assert "baremetal-lb-controller  Assigned IP" in said.stdout
        condition = "--for=condition=baremetal-lb.io/Allocated"
        said = await asyncio.to_thread(
            lab.api.kubectl, "-n", lab.namespace, "wait", condition, "svc/web", "--timeout=60s"
        )
        assert "condition met" in said.stdout
        listed = await asyncio.to_thread(
            lab.api.kubectl, "-n", lab.namespace, "get", "svc", "web", "-o", "json"
        )
        assert json.loads(listed.stdout)["status"]["conditions"][0]["reason"] == "Allocated"


async def test_probes_are_answered(lab, unused_tcp_port):
    """/healthz while it lives, /readyz once it is ready."""
    async with lab.controller(metrics_port=unused_tcp_port), aiohttp.ClientSession() as session:
        for path, status in (("healthz", 200), ("readyz", 200), ("else", 404)):
            async with session.get(f"http://127.0.0.1:{unused_tcp_port}/{path}") as answer:
                assert status == answer.status


async def test_a_port_that_is_taken_is_said_in_one_line(lab, unused_tcp_port):
    """Exit code 1, no traceback."""
    async with lab.controller(metrics_port=unused_tcp_port):
        process = await lab.start("--metrics-port", str(unused_tcp_port))
        assert await asyncio.wait_for(process.process.wait(), 60) == 1
    assert f"cannot listen on TCP port {unused_tcp_port} (--metrics-port)" in process.lines()[-1]["error"]
    assert "Traceback" not in process.log.read_text()


async def test_prometheus_is_told_under_metallbs_names_and_ours(lab, unused_tcp_port):
    """Pools, the configuration, the time it took, who waits and why, and who leads."""
    await lab.pools(
        "name: lab, addresses: [10.0.0.1-10.0.0.2, 'fd00::1']", "name: big, addresses: ['fd01::/64']"
    )
    async with lab.controller(metrics_port=unused_tcp_port):
        for name in "abc":
            await lab.create(name)
        await lab.until(lambda: lab.has("a") and lab.has("b") and lab.says("c"))
        figures = {
            'metallb_allocator_addresses_total{pool="lab"}': 3,
            'metallb_allocator_addresses_in_use_total{pool="lab"}': 2,
            'metallb_allocator_ipv4_addresses_total{pool="lab"}': 2,
            'metallb_allocator_ipv4_addresses_in_use_total{pool="lab"}': 2,
            'metallb_allocator_ipv6_addresses_total{pool="lab"}': 1,
            'metallb_allocator_ipv6_addresses_total{pool="big"}': float(2**64 - 1),
            'metallb_allocator_ipv6_addresses_in_use_total{pool="lab"}': 0,
            "metallb_k8s_client_config_loaded_bool": 1,
            "metallb_k8s_client_config_stale_bool": 0,
            "metallb_k8s_client_update_errors_total": 0,
            "baremetal_lb_controller_leader": 1,
            "baremetal_lb_controller_queue_length": 0,
            "baremetal_lb_controller_allocation_seconds_count": 2,
            'baremetal_lb_controller_refusals_total{reason="NoSuitablePool"}': 1,
            'baremetal_lb_controller_services{reason="Allocated"}': 2,
            'baremetal_lb_controller_services{reason="NoSuitablePool"}': 1,
        }
        told = await _measured(unused_tcp_port, figures)
        assert told["metallb_k8s_client_updates_total"] >= 3
        assert 0 < told["baremetal_lb_controller_allocation_seconds_sum"] < PATIENCE
        await lab.pools(text="address-pools: 1")
        await lab.events("config", expected=1)
        await _measured(
            unused_tcp_port,
            {"metallb_k8s_client_config_stale_bool": 1, "metallb_k8s_client_update_errors_total": 1},
        )


async def test_what_speakers_report_is_written_once_and_counted(lab, tmp_path, unused_tcp_port):
    """Through errors, and not again for a sign of life; with figures of what is not as it should be."""
    await lab.pools(LAB)
    one, two = ip_address("10.0.0.1"), ip_address("10.0.0.2")
    place = Place((one,), "node-1", (Port("eth0", "02:00:00:00:00:01"),))
    taken = Conflict(two, ConflictKind.IN_USE, bytes.fromhex("0200000000aa"), "eth0")
    async with (
        lab.proxy(tmp_path) as (proxy, kubeconfig),
        lab.controller(kubeconfig=kubeconfig, metrics_port=unused_tcp_port),
    ):
        await lab.create("a")
        await lab.until(lambda: lab.has("a"))
        proxy.faults.extend([409, 500])
        await lab.report(Report("node-1", (place,)))
        await lab.until(lambda: lab.says("a", ANNOUNCED))
        await lab.report(Report("node-1", (place,)))
        await lab.report("nonsense", "node-2")
        await lab.create("b")
        await lab.until(lambda: lab.has("b") == str(two))
        await lab.report(Report("node-1", (place,), conflicts=(taken,)))
        await lab.until(lambda: "no other" in lab.says("b"))

        def codes():
            return [code for path, code in proxy.status_writes if path.endswith("/a/status")]

        await lab.becomes(codes, [200, 409, 500, 200])
        figures = {
            'baremetal_lb_controller_announcements{reason="Announced"}': 1,
            'baremetal_lb_controller_quarantined_addresses{pool="lab"}': 1,
            'baremetal_lb_controller_unusable_reports_total{reason="malformed"}': 1,
        }
        await _measured(unused_tcp_port, figures)


async def test_who_stands_by_says_so_and_has_no_figures_of_pools(lab, unused_tcp_port):
    """Its pools would be counted twice, and an alert on `config_loaded` would be a false one."""
    await lab.pools(LAB)
    async with lab.controller(), lab.controller(identity="two", metrics_port=unused_tcp_port):
        told = await _metrics(unused_tcp_port)
        assert told["baremetal_lb_controller_leader"] == 0
        assert not [
            name for name in told if name.startswith(("metallb_allocator", "metallb_k8s_client_config"))
        ]


async def _measured(port: int, figures: dict[str, float]) -> dict[str, float]:
    """All figures, once these are among them: an object is written before it is counted."""
    end = time.monotonic() + PATIENCE
    while (seen := {name: (told := await _metrics(port)).get(name) for name in figures}) != figures:
        assert time.monotonic() < end, seen
        await asyncio.sleep(0.05)
    return told


async def _metrics(port: int) -> dict[str, float]:
    async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}/metrics") as answer:
        lines = (await answer.text()).splitlines()
    samples = (line.rpartition(" ") for line in lines if not line.startswith("#"))
    return {name: float(value) for name, _, value in samples}


async def test_ranges_and_addresses_that_are_not_the_pools(lab):
    """The cluster's Service range by flag, a node's pods that come later, and an address nobody may have."""
    node = {"metadata": {"name": "late"}, "spec": {"podCIDRs": ["10.0.1.0/24"], "podCIDR": "10.0.1.0/24"}}
    settings = {"service_ranges": (parse_entry("10.96.0.0/16"),), "never_give": (ip_address("10.0.0.1"),)}
    await lab.pools("name: lab, addresses: [10.0.0.0/16]")
    async with lab.controller(**settings):
        try:
            await lab.create("a", loadBalancerIP="10.0.0.1")
            await lab.until(lambda: lab.says("a"))
            assert lab.says("a") == "False Reserved: 10.0.0.1: is ruled out by --never-give"
            await lab.client.create(NODES, node)
            warned = await lab.events("config", expected=1)
            assert warned[0].startswith(
                'Warning ConfigWarning: pool "lab": 10.0.0.0/16 overlaps with 10.0.1.0/24'
            )
            await lab.pools("name: lab, addresses: [10.96.7.0/24]")
            refused = (await lab.events("config", expected=2))[1]
            assert "'10.96.7.0/24' overlaps with 10.96.0.0/16 of the cluster's Services" in refused
        finally:
            await lab.client.delete(NODES, "late")
