"""CronJobs on the real embedded API: by a schedule of seconds."""

from mockcloud.client.resources import CRON_JOBS, EVENTS, JOBS, PODS
from testkit import objects


async def test_a_cron_job_makes_a_job_and_remembers_it(lab):
    """One that has ended is active no more, and goes where none is to be kept."""
    body = objects.cron_job("tick", "@every 1s", namespace=lab.namespace, successfulJobsHistoryLimit=0)
    await lab.client.create(CRON_JOBS, body)
    await lab.until(lambda: status(lab).get("active") and running(lab))
    await lab.patch(CRON_JOBS, "tick", {"spec": {"suspend": True}})
    (job,) = lab.of(JOBS)
    assert job["metadata"]["ownerReferences"][0]["kind"] == "CronJob"
    assert status(lab)["active"][0]["uid"] == job["metadata"]["uid"]
    await end(lab, running(lab)[0])
    await lab.until(lambda: status(lab).get("lastSuccessfulTime") and not status(lab).get("active"))
    await lab.until(lambda: not lab.of(JOBS) and not lab.of(PODS))
    await lab.until(lambda: {"SuccessfulCreate", "SawCompletedJob", "SuccessfulDelete"} <= reasons(lab))


async def end(lab, pod):
    patch = {"status": {"phase": "Succeeded"}}
    name = pod["metadata"]["name"]
    await lab.client.patch(PODS, name, patch, namespace=lab.namespace, subresource="status")


def status(lab):
    return (lab.one(CRON_JOBS, "tick") or {}).get("status", {})


def running(lab):
    return [pod for pod in lab.pods() if pod.get("status", {}).get("phase") == "Running"]


def reasons(lab):
    return {each["reason"] for each in lab.of(EVENTS)}
