"""Jobs on the real embedded API; the test says how their pods end."""

from mockcloud.client.resources import EVENTS, JOBS, PODS
from testkit import objects


async def test_a_job_is_complete_when_its_pods_have_ended_well(lab):
    """Each is counted once, then let go; a finished Job with a time to live goes, and its pods with it."""
    await create(lab, completions=2, parallelism=1, ttlSecondsAfterFinished=0)
    for number in (1, 2):
        await lab.until(lambda: running(lab))
        await end(lab, running(lab)[0], "Succeeded")
        if number == 1:
            await lab.until(lambda: status(lab).get("succeeded") == 1 and status(lab).get("active") == 1)
    await lab.until(lambda: not lab.one(JOBS, "once") and not lab.of(PODS))
    await lab.until(lambda: {"SuccessfulCreate", "Completed"} <= reasons(lab))


async def test_an_indexed_job_has_one_pod_for_each_index(lab):
    """They bear it as label, annotation, hostname and variable; the status names those that are done."""
    await create(lab, completions=3, parallelism=3, completionMode="Indexed")
    await lab.until(lambda: len(running(lab)) == 3)
    by_index = {pod["metadata"]["labels"][INDEX]: pod for pod in running(lab)}
    assert sorted(by_index) == ["0", "1", "2"]
    pod = by_index["2"]
    assert pod["metadata"]["annotations"][INDEX] == "2"
    assert pod["spec"]["hostname"] == "once-2"
    assert [each["name"] for each in pod["spec"]["containers"][0]["env"]] == ["JOB_COMPLETION_INDEX"]
    for index in ("0", "1", "2"):
        await end(lab, by_index[index], "Succeeded")
    await lab.until(lambda: is_true(lab, "Complete") and status(lab)["completedIndexes"] == "0-2")
    assert status(lab)["succeeded"] == 3
    assert not any("finalizers" in each["metadata"] for each in lab.of(PODS))


async def test_a_job_that_fails_too_often_has_failed(lab):
    """Its other pods are ended, and count as failed."""
    await create(lab, completions=2, parallelism=2, backoffLimit=0)
    await lab.until(lambda: len(running(lab)) == 2)
    await end(lab, running(lab)[0], "Failed")
    await lab.until(lambda: is_true(lab, "Failed") and status(lab).get("failed") == 2)
    assert is_true(lab, "Failed")["reason"] == "BackoffLimitExceeded"
    assert "active" not in status(lab)
    await lab.until(lambda: "BackoffLimitExceeded" in reasons(lab))


async def test_a_suspended_job_runs_nothing_until_it_is_resumed(lab):
    """And nothing again when it is suspended once more; its clock starts anew."""
    await create(lab, suspend=True)
    await lab.until(lambda: is_true(lab, "Suspended"))
    assert "startTime" not in status(lab)
    await lab.patch(JOBS, "once", {"spec": {"suspend": False}})
    await lab.until(lambda: running(lab) and not is_true(lab, "Suspended") and "startTime" in status(lab))
    await lab.patch(JOBS, "once", {"spec": {"suspend": True}})
    await lab.until(lambda: is_true(lab, "Suspended") and not lab.of(PODS))
    assert "failed" not in status(lab)


async def test_pods_of_a_deleted_job_are_let_go(lab):
    """Whatever it is deleted with: nobody will count them."""
    await create(lab)
    await lab.until(lambda: running(lab))
    options = {"propagationPolicy": "Background"}
    await lab.client.delete_with(JOBS, "once", options, namespace=lab.namespace)
    await lab.until(lambda: not lab.of(JOBS) and not lab.of(PODS))


INDEX = "batch.kubernetes.io/job-completion-index"


async def create(lab, **spec):
    await lab.client.create(JOBS, objects.job("once", namespace=lab.namespace, **spec))


async def end(lab, pod, phase):
    patch = {"status": {"phase": phase}}
    name = pod["metadata"]["name"]
    await lab.client.patch(PODS, name, patch, namespace=lab.namespace, subresource="status")


def running(lab):
    return [pod for pod in lab.pods() if pod.get("status", {}).get("phase") == "Running"]


def status(lab):
    return (lab.one(JOBS, "once") or {}).get("status", {})


def is_true(lab, kind):
    held = status(lab).get("conditions") or ()
    return next((each for each in held if each["type"] == kind and each["status"] == "True"), None)


def reasons(lab):
    return {each["reason"] for each in lab.of(EVENTS)}
