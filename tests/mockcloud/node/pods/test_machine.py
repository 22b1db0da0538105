"""A pod's life as a conversation on a virtual clock: what happens, and what the machine wants done."""

import signal

import pytest

from mockcloud.node.pods.commands import Finish, Kill, Launch, MakeSandbox, RemoveSandbox, RunProbe, Tell
from mockcloud.node.pods.machine import PodMachine, Run
from mockcloud.node.pods.spec import (
    ContainerSpec,
    PodSpec,
    ProbeKind,
    ProbeSpec,
    RestartPolicy,
    TcpSocket,
)
from mockcloud.node.pods.status import StatusContext, phase, pod_status

IPS = ("10.244.1.2",)
WEB = ContainerSpec("web", "nginx")
LIVENESS = ProbeSpec(ProbeKind.LIVENESS, TcpSocket(80), period=5, failures=2)
READINESS = ProbeSpec(ProbeKind.READINESS, TcpSocket(80), period=5)


def pod(*containers, init=(), policy=RestartPolicy.ALWAYS, grace=30.0):
    return PodMachine.create(
        PodSpec("uid-1", "default", "web-1", tuple(containers) or (WEB,), tuple(init), policy, grace), 0.0
    )


def running(*containers, **kwargs):
    """A machine whose containers were all launched at 1.0."""
    machine = pod(*containers, **kwargs)
    machine.advance(0.0)
    machine.sandboxed(IPS, 0.5)
    for one in machine.main:
        machine.launched(one.spec.name, 0, 1.0)
    return machine


def told(commands):
    return [command.reason for command in commands if isinstance(command, Tell)]


def status(machine, now=100.0):
    return pod_status(machine, StatusContext(("192.168.10.11",), [], now))


def state(machine, name="web"):
    return next(one for one in status(machine)["containerStatuses"] if one["name"] == name)


def test_a_pod_starts_sandbox_first_then_all_containers():
    """The straight way to Running and Ready."""
    side = ContainerSpec("side", "busybox", ("sleep", "1"))
    machine = pod(WEB, side)
    assert machine.advance(0.0) == [MakeSandbox()]
    assert phase(machine) == "Pending"
    assert state(machine)["state"] == {"waiting": {"reason": "ContainerCreating"}}
    assert machine.sandboxed(IPS, 0.5) == [Launch(WEB, 0), Launch(side, 0)]
    assert machine.launched("web", 0, 0.6) == [Tell("Started", "Started container web")]
    assert phase(machine) == "Pending"
    machine.launched("side", 0, 0.7)
    assert phase(machine) == "Running"
    assert status(machine)["podIPs"] == [{"ip": "10.244.1.2"}]
    assert {one["type"]: one["status"] for one in status(machine)["conditions"]} == dict.fromkeys(
        ("PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled"), "True"
    )


def test_a_sandbox_that_fails_is_tried_again_with_back_off():
    """A full range or a kernel that refuses is told, and waited for."""
    machine = pod()
    machine.advance(0.0)
    failed = machine.sandbox_failed("FailedCreatePodSandBox", "no address is free", 0.0)
    assert failed == [Tell("FailedCreatePodSandBox", "no address is free", warning=True)]
    assert (machine.wake(), machine.advance(0.9), machine.advance(1.0)) == (1.0, [], [MakeSandbox()])
    machine.sandbox_failed("FailedMount", "again", 1.0)
    assert machine.wake() == 3.0


def test_a_crashing_container_is_restarted_at_once_then_ever_later():
    """CrashLoopBackOff: 0, 1, 2, 4... seconds (kubelet's times are ten times as long)."""
    machine = running()
    assert machine.exited("web", 1, 1.1) == [Launch(WEB, 1)]
    machine.launched("web", 1, 1.2)
    assert told(machine.exited("web", 1, 1.3)) == ["BackOff"]
    shown = state(machine)
    assert shown["state"]["waiting"]["reason"] == "CrashLoopBackOff"
    assert shown["state"]["waiting"]["message"] == (
        "back-off 1s restarting failed container=web pod=web-1_default(uid-1)"
    )
    assert shown["lastState"]["terminated"]["exitCode"] == 1
    assert (shown["restartCount"], phase(machine)) == (1, "Running")
    assert (machine.wake(), machine.advance(2.2)) == (2.3, [])
    assert machine.advance(2.3) == [Launch(WEB, 2)]
    machine.launched("web", 2, 2.4)
    machine.exited("web", 1, 2.5)
    assert machine.wake() == 4.5


def test_a_long_run_is_forgiven():
    """After a minute of running, an exit counts as the first."""
    machine = running()
    machine.exited("web", 1, 1.1)
    machine.launched("web", 1, 1.2)
    assert machine.exited("web", 1, 70.0) == [Launch(WEB, 2)]


@pytest.mark.parametrize(
    ("policy", "code", "again", "ended"),
    [
        pytest.param(RestartPolicy.ALWAYS, 0, True, "Running", id="always-success"),
        pytest.param(RestartPolicy.ON_FAILURE, 0, False, "Succeeded", id="on-failure-success"),
        pytest.param(RestartPolicy.ON_FAILURE, 3, True, "Running", id="on-failure-failure"),
        pytest.param(RestartPolicy.NEVER, 0, False, "Succeeded", id="never-success"),
        pytest.param(RestartPolicy.NEVER, 3, False, "Failed", id="never-failure"),
    ],
)
def test_the_restart_policy_decides(policy, code, again, ended):
    """What comes after an exit, and the phase it leads to; a pod that is over gives its sandbox back."""
    machine = running(policy=policy)
    assert machine.exited("web", code, 2.0) == ([Launch(WEB, 1)] if again else [RemoveSandbox()])
    assert phase(machine) == ended
    assert machine.advance(3.0) == []
    reason = state(machine)["state"].get("terminated", {}).get("reason")
    assert reason == ("Completed" if code == 0 else "Error")


def test_an_unknown_image_shows_both_of_kubelets_words():
    """ErrImagePull at first, then ImagePullBackOff, retried ever later; the message says what to do."""
    machine = pod()
    machine.advance(0.0)
    machine.sandboxed(IPS, 0.0)
    assert told(machine.launch_failed("web", "ErrImagePull", "no program", 0.0)) == ["Failed", "Failed"]
    assert state(machine)["state"] == {"waiting": {"reason": "ErrImagePull", "message": "no program"}}
    assert told(machine.advance(1.0)) == ["BackOff", "Failed"]
    waiting = state(machine)["state"]["waiting"]
    assert waiting["reason"] == "ImagePullBackOff"
    assert waiting["message"] == 'Back-off pulling image "nginx": ErrImagePull: no program'
    assert machine.advance(2.0) == [Launch(WEB, 0)]
    assert phase(machine) == "Pending"


def test_a_program_that_is_not_there_counts_as_an_exit():
    """StartError, exit code 128, and the restart policy decides as for any other."""
    machine = pod(policy=RestartPolicy.NEVER)
    machine.advance(0.0)
    machine.sandboxed(IPS, 0.0)
    commands = machine.start_failed("web", 0, "nonsense: executable file not found in $PATH", 1.0)
    assert (told(commands), commands[-1]) == (["Failed"], RemoveSandbox())
    ended = state(machine)["state"]["terminated"]
    assert (ended["exitCode"], ended["reason"], phase(machine)) == (128, "StartError", "Failed")


def test_a_failed_liveness_probe_restarts_the_container():
    """Enough failures in a row: SIGTERM, the grace, SIGKILL, and a new run whose probes begin anew."""
    machine = running(ContainerSpec("web", "nginx", probes=(LIVENESS,)), grace=3.0)
    assert machine.advance(1.2) == [RunProbe("web", LIVENESS)]
    assert told(machine.probed("web", ProbeKind.LIVENESS, "refused", 1.3, ok=False)) == ["Unhealthy"]
    assert machine.advance(6.2) == [RunProbe("web", LIVENESS)]
    assert machine.probed("web", ProbeKind.LIVENESS, "refused", 6.3, ok=False) == [
        Tell("Unhealthy", "Liveness probe failed: refused", warning=True),
        Tell("Killing", "Container web failed liveness probe, will be restarted"),
        Kill("web", 0, signal.SIGTERM),
    ]
    assert machine.wake() == pytest.approx(9.3)
    assert machine.advance(9.4) == [Kill("web", 0, signal.SIGKILL)]
    assert machine.exited("web", -signal.SIGKILL, 9.5)[0] == Launch(machine.main[0].spec, 1)
    assert state(machine)["state"]["terminated"]["exitCode"] == 137
    machine.launched("web", 1, 10.0)
    assert machine.wake() == pytest.approx(10.2)


def test_readiness_makes_and_unmakes_ready():
    """A container with a readiness probe is not ready before the first yes."""
    machine = running(ContainerSpec("web", "nginx", probes=(READINESS,)))
    assert state(machine)["ready"] is False
    machine.probed("web", ProbeKind.READINESS, "", 1.3, ok=True)
    assert (state(machine)["ready"], state(machine)["started"]) == (True, True)
    for _ in range(3):
        machine.probed("web", ProbeKind.READINESS, "refused", 9.0, ok=False)
    assert state(machine)["ready"] is False
    unready = next(one for one in status(machine)["conditions"] if one["type"] == "Ready")
    assert unready["message"] == "containers with unready status: [web]"


def test_deletion_is_graceful_then_not():
    """SIGTERM, SIGKILL after the grace, and only when all ended the pod is finished."""
    machine = running(WEB, ContainerSpec("side", "busybox"))
    assert machine.delete(5.0, 10.0) == [
        Tell("Killing", "Stopping container web"),
        Kill("web", 0, signal.SIGTERM),
        Tell("Killing", "Stopping container side"),
        Kill("side", 0, signal.SIGTERM),
    ]
    assert machine.exited("web", 0, 11.0) == []
    assert machine.wake() == 15.0
    assert machine.advance(15.0) == [Kill("side", 0, signal.SIGKILL)]
    assert machine.exited("side", -9, 15.1) == [Finish()]


def test_a_second_deletion_may_hurry():
    """`kubectl delete --now` after a plain delete shortens the wait."""
    machine = running()
    machine.delete(30.0, 10.0)
    assert machine.delete(0.0, 11.0) == [Kill("web", 0, signal.SIGKILL)]


def test_a_pod_deleted_while_it_starts_leaves_nothing_running():
    """A launch that was under way is undone when it comes true; one that never ran needs nothing."""
    machine = pod()
    machine.advance(0.0)
    machine.sandboxed(IPS, 0.0)
    assert machine.delete(5.0, 0.1) == []
    assert machine.launched("web", 0, 0.2)[-1] == Kill("web", 0, signal.SIGTERM)
    assert pod().delete(5.0, 0.0) == [Finish()]


def test_init_containers_run_in_turn_before_all_others():
    """Each must succeed; a failed one is run again, except under Never."""
    one, two = ContainerSpec("one", "busybox"), ContainerSpec("two", "busybox")
    machine = pod(init=(one, two))
    machine.advance(0.0)
    assert machine.sandboxed(IPS, 0.0) == [Launch(one, 0)]
    machine.launched("one", 0, 0.1)
    assert (phase(machine), state(machine)["state"]["waiting"]["reason"]) == ("Pending", "PodInitializing")
    assert machine.exited("one", 1, 0.2) == [Launch(one, 1)]
    machine.launched("one", 1, 0.3)
    assert machine.exited("one", 0, 0.4) == [Launch(two, 0)]
    machine.launched("two", 0, 0.5)
    assert machine.exited("two", 0, 0.6) == [Launch(WEB, 0)]
    never = pod(init=(one,), policy=RestartPolicy.NEVER)
    never.advance(0.0)
    never.sandboxed(IPS, 0.0)
    never.launched("one", 0, 0.1)
    assert (never.exited("one", 1, 0.2), phase(never)) == ([RemoveSandbox()], "Failed")


def test_a_lost_sandbox_is_made_anew():
    """Whoever kills the holder kills the pod's programs: they run again, in a new place."""
    machine = running()
    commands = machine.sandbox_lost(5.0)
    assert (told(commands), commands[-1]) == (["SandboxChanged"], MakeSandbox())
    assert machine.sandboxed(("10.244.1.3",), 5.1) == [Launch(WEB, 1)]
    machine.launched("web", 1, 5.2)
    assert (state(machine)["restartCount"], status(machine)["podIP"]) == (1, "10.244.1.3")
    over = running(policy=RestartPolicy.NEVER)
    over.sandbox_lost(5.0)
    assert phase(over) == "Failed"


def test_an_adopted_pod_goes_on_as_it_was():
    """After a restart of the agent: same runs, same counts, nothing told twice, probes go on."""
    machine = pod(ContainerSpec("web", "nginx", probes=(READINESS,)))
    machine.adopted(IPS, [Run("web", 0, 1.0, 2.0, 1), Run("web", 1, 2.5)])
    assert machine.advance(50.0) == [RunProbe("web", READINESS)]
    shown = state(machine)
    assert (shown["restartCount"], shown["lastState"]["terminated"]["exitCode"]) == (1, 1)
    assert shown["state"] == {"running": {"startedAt": "1970-01-01T00:00:02Z"}}
    stopped = pod()
    stopped.adopted(IPS, [Run("web", 0, 1.0, 2.0, 1)])
    assert stopped.advance(50.0) == [Launch(WEB, 1)]


def test_restart_counts_go_on_in_a_new_sandbox():
    """A pod whose sandbox went with the machine keeps its count."""
    machine = pod()
    machine.resume({"web": 4})
    machine.advance(0.0)
    assert machine.sandboxed(IPS, 0.0) == [Launch(WEB, 5)]
