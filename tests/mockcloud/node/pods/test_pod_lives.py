"""Hooks, sidecars, deadlines, gates and visitors of a pod, on a virtual clock."""

import signal

import pytest

from mockcloud.node.pods.commands import Finish, Kill, Launch, RemoveSandbox, RunHook, RunProbe, Tell
from mockcloud.node.pods.convert import active_seconds, began, ephemeral, pod_spec
from mockcloud.node.pods.machine import PodMachine
from mockcloud.node.pods.spec import (
    ContainerSpec,
    Exec,
    Grpc,
    Hook,
    HttpGet,
    PodSpec,
    ProbeKind,
    ProbeSpec,
    RestartPolicy,
    Sleep,
    TcpSocket,
)
from mockcloud.node.pods.status import StatusContext, phase, pod_status
from testkit import objects

WEB = ContainerSpec("web", "nginx")
BYE = Exec(("bye",))
HOOKED = ContainerSpec("web", "nginx", hooks={Hook.PRE_STOP: BYE})
TERM, KILL = Kill("web", 0, signal.SIGTERM), Kill("web", 0, signal.SIGKILL)
NEVER = RestartPolicy.NEVER


def pod(*containers, init=(), policy=RestartPolicy.ALWAYS, **more):
    """A machine that has its sandbox since 0.5."""
    spec = PodSpec("u", "default", "p", tuple(containers) or (WEB,), tuple(init), policy, **more)
    machine = PodMachine.create(spec, 0.0)
    machine.advance(0.0)
    machine.sandboxed(("10.244.1.2",), 0.5)
    return machine


def running(*containers, **more):
    """The same, whose main containers run since 1.0."""
    machine = pod(*containers, **more)
    for one in machine.main:
        machine.launched(one.spec.name, 0, 1.0)
    return machine


def acts(commands):
    return [command for command in commands if not isinstance(command, Tell)]


def reasons(commands):
    return [command.reason for command in commands if isinstance(command, Tell)]


def status(machine, *conditions):
    return pod_status(machine, StatusContext(("192.168.10.11",), list(conditions), 100.0))


def condition(machine, kind, *conditions):
    return next(one for one in status(machine, *conditions)["conditions"] if one["type"] == kind)


def test_a_pre_stop_hook_comes_before_the_signal_and_out_of_the_same_grace():
    """What it took is the program's loss, but for the last two seconds."""
    machine = running(HOOKED)
    assert acts(machine.delete(30.0, 10.0)) == [RunHook("web", 0, Hook.PRE_STOP, BYE, 30.0)]
    assert acts(machine.hooked("web", 0, Hook.PRE_STOP, 25.0, ok=True)) == [TERM]
    assert (machine.wake(), acts(machine.advance(39.9))) == (40.0, [])
    assert acts(machine.advance(40.0)) == [KILL]


def test_a_pre_stop_hook_that_takes_all_of_the_grace_leaves_two_seconds():
    """And one that does not end at all is not waited for."""
    machine = running(HOOKED)
    machine.delete(30.0, 10.0)
    hooked = machine.hooked("web", 0, Hook.PRE_STOP, 40.0, ok=False)
    assert (reasons(hooked), acts(hooked)) == (["FailedPreStopHook"], [TERM])
    assert acts(machine.advance(42.0)) == [KILL]
    endless = running(HOOKED)
    endless.delete(30.0, 10.0)
    assert acts(endless.advance(42.0)) == [KILL]
    assert endless.hooked("web", 0, Hook.PRE_STOP, 43.0, ok=True) == []


def test_without_grace_there_is_no_hook():
    """`kubectl delete --now` and `--force`, also while the hook runs."""
    assert acts(running(HOOKED).delete(0.0, 10.0)) == [KILL]
    machine = running(HOOKED)
    machine.delete(30.0, 10.0)
    assert acts(machine.delete(0.0, 11.0)) == [KILL]


def test_a_post_start_hook_that_fails_ends_its_container():
    """Which its restart policy then judges; one that succeeds changes nothing."""
    machine = pod(ContainerSpec("web", "nginx", hooks={Hook.POST_START: BYE}))
    assert acts(machine.launched("web", 0, 1.0)) == [RunHook("web", 0, Hook.POST_START, BYE, float("inf"))]
    assert machine.hooked("web", 7, Hook.POST_START, 2.0, ok=False) == []  # another run's
    assert machine.hooked("web", 0, Hook.POST_START, 2.0, ok=True) == []
    failed = machine.hooked("web", 0, Hook.POST_START, 2.0, ok=False)
    assert (reasons(failed), acts(failed)) == (["FailedPostStartHook", "Killing"], [TERM])


SIDE = ContainerSpec("side", "envoy", stays=True)
STARTUP = ProbeSpec(ProbeKind.STARTUP, TcpSocket(80))


def test_a_sidecar_starts_before_the_others_and_ends_after_them():
    """A native one: an init container with restartPolicy Always."""
    machine = pod(init=(SIDE,), policy=NEVER)
    assert acts(machine.launched("side", 0, 1.0)) == []
    assert acts(machine.advance(1.0)) == [Launch(WEB, 0)]
    machine.launched("web", 0, 2.0)
    assert (phase(machine), condition(machine, "Initialized")["status"]) == ("Running", "True")
    assert acts(machine.exited("web", 0, 3.0)) == [Kill("side", 0, signal.SIGTERM)]
    assert phase(machine) == "Running"  # something of it still does
    assert acts(machine.exited("side", 143, 4.0)) == [RemoveSandbox()]
    assert phase(machine) == "Succeeded"


def test_a_sidecar_that_has_not_begun_holds_the_others_back():
    """Its startup probe says when."""
    machine = pod(init=(ContainerSpec("side", "envoy", stays=True, probes=(STARTUP,)),))
    machine.launched("side", 0, 1.0)
    assert acts(machine.advance(2.0)) == [RunProbe("side", STARTUP)]
    assert (phase(machine), condition(machine, "Initialized")["status"]) == ("Pending", "False")
    assert acts(machine.probed("side", ProbeKind.STARTUP, "", 3.0, ok=True)) == [Launch(WEB, 0)]


def test_a_sidecar_is_restarted_and_stops_last():
    """Whatever the pod's policy; on deletion the main containers go first."""
    machine = pod(init=(SIDE,), policy=NEVER)
    machine.launched("side", 0, 1.0)
    machine.advance(1.0)
    machine.launched("web", 0, 2.0)
    assert acts(machine.exited("side", 1, 3.0)) == [Launch(SIDE, 1)]
    machine.launched("side", 1, 4.0)
    assert acts(machine.delete(30.0, 10.0)) == [TERM]
    machine.exited("web", 0, 12.0)
    assert acts(machine.advance(12.0)) == []  # it was told already
    assert acts(machine.exited("side", 0, 13.0)) == [Finish()]


def test_a_pod_may_be_there_for_so_long():
    """activeDeadlineSeconds counts from the pod's start, and may be set while it runs."""
    machine = running(grace=5.0)
    machine.limit(60.0, 2.0)
    assert (machine.wake(), acts(machine.advance(59.0))) == (60.0, [])
    late = machine.advance(60.0)
    assert (reasons(late), acts(late)) == (["DeadlineExceeded", "Killing"], [TERM])
    assert acts(machine.exited("web", 0, 61.0)) == [RemoveSandbox()]
    found = status(machine)
    assert (found["phase"], found["reason"]) == ("Failed", "DeadlineExceeded")
    assert found["message"] == "Pod was active on the node longer than the specified deadline"


@pytest.mark.parametrize(
    ("conditions", "expected", "message"),
    [
        pytest.param(
            [],
            "False",
            'corresponding condition of pod readiness gate "lb" does not exist.',
            id="nobody-has-set-it",
        ),
        pytest.param(
            [{"type": "lb", "status": "False"}],
            "False",
            'the status of pod readiness gate "lb" is not "True", but False',
            id="it-does-not-hold",
        ),
        pytest.param([{"type": "lb", "status": "True"}], "True", None, id="it-holds"),
    ],
)
def test_readiness_waits_for_the_gates(conditions, expected, message):
    """Its containers are ready all the same; and what others have set stays in the status."""
    machine = running(readiness_gates=("lb",))
    ready = condition(machine, "Ready", *conditions)
    assert (ready["status"], ready.get("message")) == (expected, message)
    assert condition(machine, "ContainersReady", *conditions)["status"] == "True"
    assert [one for one in status(machine, *conditions)["conditions"] if one["type"] == "lb"] == conditions


def test_an_ephemeral_container_is_started_once_and_goes_with_the_pod():
    """It neither holds the pod open nor makes it fail."""
    machine = running(policy=NEVER)
    visitor = ContainerSpec("debugger", "busybox")
    assert acts(machine.look_into([visitor], 2.0)) == [Launch(visitor, 0)]
    assert machine.look_into([visitor], 2.0) == []
    machine.launched("debugger", 0, 3.0)
    shown = status(machine)
    assert ["running" in one["state"] for one in shown["ephemeralContainerStatuses"]] == [True]
    assert acts(machine.exited("web", 0, 4.0)) == [Kill("debugger", 0, signal.SIGTERM)]
    assert acts(machine.exited("debugger", 1, 5.0)) == [RemoveSandbox()]
    assert phase(machine) == "Succeeded"


def test_readiness_is_still_asked_of_what_terminates():
    """Load balancers drain by it; liveness no longer counts."""
    probes = tuple(ProbeSpec(kind, TcpSocket(80)) for kind in (ProbeKind.LIVENESS, ProbeKind.READINESS))
    machine = running(ContainerSpec("web", "nginx", probes=probes))
    machine.probed("web", ProbeKind.READINESS, "", 2.0, ok=True)
    machine.delete(30.0, 10.0)
    assert acts(machine.advance(20.0)) == [RunProbe("web", probes[1])]
    for _ in range(3):
        machine.probed("web", ProbeKind.READINESS, "refused", 20.0, ok=False)
    assert condition(machine, "ContainersReady")["status"] == "False"
    assert machine.probed("web", ProbeKind.LIVENESS, "refused", 21.0, ok=False) == []


def test_what_a_pod_says_of_all_this():
    """From the API's fields, once."""
    container = objects.container(
        "web",
        lifecycle={
            "preStop": {"sleep": {"seconds": 3}},
            "postStart": {"httpGet": {"port": 80, "path": "/x"}},
        },
        readinessProbe={"grpc": {"port": 9, "service": "s"}},
    )
    obj = objects.pod(
        "p",
        container,
        initContainers=[objects.container("side", restartPolicy="Always"), objects.container("once")],
        ephemeralContainers=[objects.container("debugger")],
        readinessGates=[{"conditionType": "lb"}],
        activeDeadlineSeconds=5,
        status={"startTime": "1970-01-01T00:00:09Z"},
    )
    obj["metadata"]["uid"] = "u"
    spec = pod_spec(obj)
    assert spec.containers[0].hooks == {Hook.PRE_STOP: Sleep(3.0), Hook.POST_START: HttpGet(80, "/x")}
    assert spec.containers[0].probes[0].action == Grpc(9, "s")
    assert [one.stays for one in spec.init_containers] == [True, False]
    assert [one.name for one in ephemeral(obj)] == ["debugger"]
    assert (spec.readiness_gates, active_seconds(obj), began(obj)) == (("lb",), 5.0, 9.0)
