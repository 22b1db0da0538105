"""Jobs: what they may be, and how their pods come, end and are counted; the tests stand in for kubelets."""

from typing import Any

import pytest
from conformance.harness.contract import contract
from conformance.harness.side import Side
from testkit import objects

CONTAINER = {"name": "main", "image": "busybox"}
PODS = {"containers": [CONTAINER], "pod_spec": {"automountServiceAccountToken": False}}
INDEXED = {"completionMode": "Indexed", "completions": 3, "parallelism": 3}
CODES = {"operator": "In", "values": [3, 5]}


def job(**fields: Any) -> dict[str, Any]:
    pod_spec = {**PODS["pod_spec"], **fields.pop("pod_spec", {})}
    return objects.job("once", namespace=None, **{**PODS, **fields, "pod_spec": pod_spec})


def failure_rules(*rules: dict[str, Any]) -> dict[str, Any]:
    return {"podFailurePolicy": {"rules": list(rules)}}


def success_rules(*rules: dict[str, Any]) -> dict[str, Any]:
    return {"successPolicy": {"rules": list(rules)}}


# Suspended: what is asked here is the API's word, not the controller's.
JOBS = {
    "bare": {},
    "labels": {"labels": {"app": "web"}},
    "parallel": {"parallelism": 3},
    "indexed": INDEXED,
    "per-index": {**INDEXED, "backoffLimitPerIndex": 1, "maxFailedIndexes": 1},
    "negative": {"parallelism": -1, "completions": -1, "backoffLimit": -1, "activeDeadlineSeconds": -1},
    "ttl": {"ttlSecondsAfterFinished": -1},
    "indexed-without-completions": {"completionMode": "Indexed"},
    "mode-junk": {"completionMode": "Sideways"},
    "per-index-not-indexed": {"backoffLimitPerIndex": 1, "maxFailedIndexes": 1},
    "too-many-failed": {**INDEXED, "maxFailedIndexes": 4},
    "many-indexes": {
        **INDEXED,
        "completions": 200_000,
        "parallelism": 20_000,
        "backoffLimitPerIndex": 1,
    },
    "restart": {"pod_spec": {"restartPolicy": "Always"}},
    "restart-junk": {"pod_spec": {"restartPolicy": "Sometimes"}},
    "on-failure": {"pod_spec": {"restartPolicy": "OnFailure"}},
    "managed": {"managedBy": "acme.io/foo"},
    "managed-junk": {"managedBy": "acme"},
    "replacement-junk": {"podReplacementPolicy": "Never"},
    "failure-policy": failure_rules(
        {"action": "FailJob", "onExitCodes": CODES},
        {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget"}]},
    ),
    "failure-policy-restarts": {
        **failure_rules({"action": "FailJob", "onExitCodes": CODES}),
        "pod_spec": {"restartPolicy": "OnFailure"},
        "podReplacementPolicy": "TerminatingOrFailed",
    },
    "failure-policy-junk": failure_rules(
        {"action": "Explode", "onExitCodes": {"operator": "Odd", "values": []}},
        {
            "action": "FailIndex",
            "onExitCodes": {"operator": "In", "values": [5, 3, 3, 0], "containerName": "x"},
        },
        {"action": "Count"},
        {"action": "Count", "onExitCodes": CODES, "onPodConditions": [{"type": "a b", "status": "Odd"}]},
    ),
    "success-policy": {**INDEXED, **success_rules({"succeededIndexes": "0,2", "succeededCount": 1})},
    "success-policy-not-indexed": success_rules({"succeededCount": 1}),
    "success-policy-junk": {
        **INDEXED,
        **success_rules(
            {},
            {"succeededIndexes": "2-1"},
            {"succeededIndexes": "0,7"},
            {"succeededIndexes": "1,x"},
            {"succeededIndexes": "0-1-2"},
            {"succeededCount": 9},
            {"succeededIndexes": "0", "succeededCount": 2},
        ),
    },
    "success-policy-empty": {**INDEXED, **success_rules()},
    "selector": {"selector": {"matchLabels": {"app": "x"}}},
    "selector-manual": {
        "selector": {"matchLabels": {"app": "x"}},
        "manualSelector": True,
        "labels": {"app": "x"},
    },
    "selector-manual-absent": {"manualSelector": True},
    "labels-taken": {"labels": {"job-name": "mine"}},
}


@pytest.mark.parametrize("spec", [pytest.param(each, id=name) for name, each in JOBS.items()])
@contract
def test_jobs(api: Side, spec: dict[str, Any]) -> None:
    """A Job's defaults, or why it is none."""
    api.create("create", "batch/v1/jobs", job(suspend=True, **spec), query="?dryRun=All")


def ready_for_pods(api: Side) -> None:
    api.wait(api.path("serviceaccounts"), "the default account", lambda body: body["items"])


def end(api: Side, pod: dict[str, Any], code: int) -> None:
    """What a kubelet reports of a pod whose only container has ended."""
    terminated = {
        "exitCode": code,
        "reason": "Error" if code else "Completed",
        "startedAt": "2026-01-01T00:00:00Z",
        "finishedAt": "2026-01-01T00:00:01Z",
    }
    container = {
        **{"name": "main", "image": "busybox", "imageID": "x", "ready": False, "restartCount": 0},
        "state": {"terminated": terminated},
    }
    status = {"phase": "Failed" if code else "Succeeded", "containerStatuses": [container]}
    path = f"{api.path('pods', pod['metadata']['name'])}/status"
    api.quietly("PATCH", path, {"status": status}, Content_Type="application/strategic-merge-patch+json")


def active(api: Side, count: int) -> list[dict[str, Any]]:
    """The Job's active pods, when there are so many, by index and name."""

    def live(body: Any) -> list[dict[str, Any]]:
        return [
            each
            for each in body["items"]
            if each["status"]["phase"] not in ("Succeeded", "Failed")
            and "deletionTimestamp" not in each["metadata"]
        ]

    body = api.wait(api.path("pods"), f"{count} active pods", lambda body: len(live(body)) == count)
    index = "batch.kubernetes.io/job-completion-index"
    return sorted(live(body), key=lambda each: each["metadata"].get("annotations", {}).get(index, ""))


def over(api: Side, kind: str) -> dict[str, Any]:
    """The Job when this condition is true."""

    def ended(body: Any) -> bool:
        held = body["status"].get("conditions") or ()
        return any(each["type"] == kind and each["status"] == "True" for each in held)

    return api.wait(api.path("batch/v1/jobs", "once"), kind, ended)


@contract
def test_a_job_completes(api: Side) -> None:
    """From kubectl create to its last pod."""
    ready_for_pods(api)
    api.kubectl("create job once --image=busybox -- true")
    (pod,) = active(api, 1)
    kept = ("labels", "generateName", "ownerReferences", "finalizers")
    api.record("pod", {key: pod["metadata"].get(key) for key in kept})
    path = api.path("batch/v1/jobs", "once")
    api.record("running", api.wait(path, "active", lambda body: body["status"].get("active") == 1))
    api.kubectl("get jobs")
    pod["spec"]["containers"][0]["name"] = "main"
    end(api, pod, 0)
    api.record("complete", over(api, "Complete"))
    api.kubectl("get jobs -o wide")
    api.kubectl("describe job once")
    api.patch("reopen", "merge", path + "/status", {"status": {"conditions": None, "succeeded": 0}})
    api.ask("delete", "DELETE", path + "?propagationPolicy=Background")


@contract
def test_an_indexed_job(api: Side) -> None:
    """Each index has its own pod, and its own limit."""
    ready_for_pods(api)
    body = job(**INDEXED, backoffLimitPerIndex=0)
    api.quietly("POST", api.path("batch/v1/jobs"), body)
    first, *others = active(api, 3)
    pods = [
        {**{key: each["metadata"].get(key) for key in ("labels", "annotations")}, "spec": each["spec"]}
        for each in (first, *others)
    ]
    api.record("pods", [{**pod, "spec": {**pod["spec"], "nodeName": "any"}} for pod in pods])
    end(api, first, 1)
    for pod in others:
        end(api, pod, 0)
    found = over(api, "Failed")
    api.record("failed", found["status"])
    change = {
        "spec": {
            "template": {"spec": {"nodeSelector": {"a": "b"}}},
            "completions": 5,
            "backoffLimitPerIndex": 2,
        }
    }
    api.patch("change", "merge", api.path("batch/v1/jobs", "once"), change)


@contract
def test_a_job_with_policies(api: Side) -> None:
    """An exit code that ends it all; and enough that has succeeded."""
    ready_for_pods(api)
    path = api.path("batch/v1/jobs", "once")
    rules = failure_rules({"action": "FailJob", "onExitCodes": CODES})
    api.quietly("POST", api.path("batch/v1/jobs"), job(parallelism=1, completions=2, **rules))
    (pod,) = active(api, 1)
    end(api, pod, 3)
    status = over(api, "Failed")["status"]
    for each in status["conditions"]:
        each["message"] = each["message"].replace(pod["metadata"]["name"], "NAME")
    api.record("failed", status)
    api.quietly("DELETE", path + "?propagationPolicy=Background")
    api.wait(path, "gone", lambda body: body["kind"] == "Status")
    api.wait(api.path("pods"), "no pods", lambda body: not body["items"])
    success = success_rules({"succeededIndexes": "1-2", "succeededCount": 1})
    api.quietly("POST", api.path("batch/v1/jobs"), job(**INDEXED, **success))
    end(api, active(api, 3)[1], 0)
    for pod in active(api, 0) or api.wait(api.path("pods"), "pods", lambda body: True)["items"]:
        if pod["status"]["phase"] == "Pending":
            api.quietly("DELETE", api.path("pods", pod["metadata"]["name"]) + "?gracePeriodSeconds=0")
    api.record("succeeded", over(api, "Complete")["status"])


@contract
def test_a_suspended_job(api: Side) -> None:
    """Where its pods go may change until it starts."""
    ready_for_pods(api)
    path = api.path("batch/v1/jobs", "once")
    api.quietly("POST", api.path("batch/v1/jobs"), job(suspend=True))
    api.record("suspended", over(api, "Suspended")["status"])
    place = {"nodeSelector": {"a": "b"}, "tolerations": [{"key": "x", "operator": "Exists"}]}
    api.patch("directives", "merge", path, {"spec": {"template": {"spec": place}}})
    command = {"containers": [{**CONTAINER, "command": ["x"]}]}
    api.patch("command", "strategic", path, {"spec": {"template": {"spec": command}}})
    api.patch("completions", "merge", path, {"spec": {"completions": 4, "parallelism": 4}})
    api.patch("resume", "merge", path, {"spec": {"suspend": False}})
    active(api, 1)
    api.record("resumed", api.wait(path, "active", lambda body: body["status"].get("active") == 1)["status"])
    api.kubectl("get jobs")


def cron_job(schedule: str = "0 0 1 1 *", **fields: Any) -> dict[str, Any]:
    spec = job(**fields.pop("job", {}))["spec"]
    return objects.cron_job("tick", schedule, namespace=None, job=spec, **fields)


CRON_JOBS = {
    "bare": {},
    "schedule-empty": {"schedule": ""},
    "schedule-fields": {"schedule": "* *"},
    "schedule-range": {"schedule": "61 * * * *"},
    "schedule-step": {"schedule": "*/0 * * * *"},
    "schedule-word": {"schedule": "x * * * *"},
    "schedule-descriptor": {"schedule": "@often"},
    "schedule-every": {"schedule": "@every 5m"},
    "schedule-every-junk": {"schedule": "@every day"},
    "schedule-zone": {"schedule": "TZ=UTC 0 0 * * *"},
    "zone": {"timeZone": "Europe/Berlin"},
    "zone-junk": {"timeZone": "Middle/Earth"},
    "zone-strange": {"timeZone": "../etc"},
    "zone-empty": {"timeZone": ""},
    "zone-local": {"timeZone": "Local"},
    "concurrency-junk": {"concurrencyPolicy": "Sometimes"},
    "negative": {
        "startingDeadlineSeconds": -1,
        "successfulJobsHistoryLimit": -1,
        "failedJobsHistoryLimit": -1,
    },
    "job-junk": {"job": {"parallelism": -1, "pod_spec": {"restartPolicy": "Always"}}},
    "job-selector": {"job": {"selector": {"matchLabels": {"a": "b"}}, "manualSelector": True}},
}


@pytest.mark.parametrize("fields", [pytest.param(each, id=name) for name, each in CRON_JOBS.items()])
@contract
def test_cron_jobs(api: Side, fields: dict[str, Any]) -> None:
    """A CronJob's defaults, or why it is none."""
    api.create("create", "batch/v1/cronjobs", cron_job(**{"suspend": True, **fields}))


@contract
def test_a_cron_job_makes_jobs(api: Side) -> None:
    """By its schedule, and by hand."""
    ready_for_pods(api)
    api.kubectl("create cronjob tick --image=busybox --schedule='0 0 1 1 *' -- true")
    api.kubectl("get cronjobs")
    api.kubectl("get cronjobs -o wide")
    api.kubectl("create job once --from=cronjob/tick")
    started = api.wait(api.path("batch/v1/jobs", "once"), "active", lambda body: body["status"].get("active"))
    started["metadata"].pop("managedFields")  # they name the CronJob by its uid
    api.record("job", started)
    end(api, active(api, 1)[0], 0)
    over(api, "Complete")
    path = api.path("batch/v1/cronjobs", "tick")
    api.patch("schedule", "merge", path, {"spec": {"schedule": "* * * * *x"}})
    api.kubectl("describe cronjob tick")
    api.kubectl("delete cronjob tick")
