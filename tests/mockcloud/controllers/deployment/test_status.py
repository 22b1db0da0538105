"""A Deployment's status, as conversations about its conditions."""

from datetime import UTC, datetime, timedelta

from mockcloud.controllers.deployment.objects import parse_deployment
from mockcloud.controllers.deployment.plan import SortedReplicaSets
from mockcloud.controllers.deployment.status import deployment_status, seconds_until_deadline
from mockcloud.controllers.objects.replica_sets import parse_replica_set
from testkit import objects

START = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def replica_set(name, wanted, ready, failure=None):
    conditions = [{"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": failure}]
    found = {"replicas": wanted, "readyReplicas": ready, "availableReplicas": ready}
    if failure:
        found["conditions"] = conditions
    return parse_replica_set(
        objects.replica_set(name, namespace="ns", metadata={"uid": name}, replicas=wanted, status=found)
    )


class Conversation:
    """A Deployment that is told of its ReplicaSets at given seconds, and keeps the status it answers with."""

    def __init__(self, **spec):
        self.spec = {
            "replicas": 2,
            "template": {},
            "progressDeadlineSeconds": 10,
            "strategy": {"rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}},
            **spec,
        }
        self.status = {}

    @property
    def deployment(self):
        meta = {"uid": "d", "generation": 4}
        return parse_deployment(
            objects.deployment(namespace="ns", metadata=meta, status=self.status, **self.spec)
        )

    def at(self, seconds, new=None, *old):
        self.status = deployment_status(
            self.deployment, SortedReplicaSets(new, old), START + timedelta(seconds=seconds)
        )
        return {each["type"]: (each["status"], each["reason"]) for each in self.status["conditions"]}

    def times(self, kind):
        found = next(each for each in self.status["conditions"] if each["type"] == kind)
        return found["lastUpdateTime"][-3:-1], found["lastTransitionTime"][-3:-1]


def test_a_first_rollout_from_nothing_to_complete():
    """Created, progressing, complete; the transition time is that of the status, not of the words."""
    talk = Conversation()
    assert talk.at(0, replica_set("a", 2, 0)) == {
        "Available": ("False", "MinimumReplicasUnavailable"),
        "Progressing": ("True", "NewReplicaSetCreated"),
    }
    assert talk.at(1, replica_set("a", 2, 1))["Progressing"] == ("True", "ReplicaSetUpdated")
    assert talk.at(2, replica_set("a", 2, 2)) == {
        "Available": ("True", "MinimumReplicasAvailable"),
        "Progressing": ("True", "NewReplicaSetAvailable"),
    }
    assert talk.times("Progressing") == ("02", "00")
    assert talk.times("Available") == ("02", "02")
    complete = talk.status
    assert complete["observedGeneration"] == 4
    assert "unavailableReplicas" not in complete
    talk.at(9, replica_set("a", 2, 2))
    assert talk.status == complete


def test_a_rollout_without_progress_times_out_and_recovers():
    """Ten seconds after the last progress; a pod that becomes ready later is progress again."""
    talk = Conversation()
    talk.at(0, replica_set("a", 2, 0))
    assert talk.at(9, replica_set("a", 2, 0))["Progressing"][0] == "True"
    assert talk.at(12, replica_set("a", 2, 0))["Progressing"] == ("False", "ProgressDeadlineExceeded")
    assert talk.at(13, replica_set("a", 2, 0))["Progressing"] == ("False", "ProgressDeadlineExceeded")
    assert talk.at(14, replica_set("a", 2, 1))["Progressing"] == ("True", "ReplicaSetUpdated")


def test_a_pod_lost_after_the_rollout_is_no_new_rollout():
    """Progressing stays complete, only Available falls."""
    talk = Conversation()
    talk.at(0, replica_set("a", 2, 2))
    assert talk.at(5, replica_set("a", 2, 1)) == {
        "Available": ("False", "MinimumReplicasUnavailable"),
        "Progressing": ("True", "NewReplicaSetAvailable"),
    }


def test_the_next_template_begins_a_new_rollout():
    """From complete to progressing, with a fresh deadline."""
    talk = Conversation()
    talk.at(0, replica_set("a", 2, 2))
    assert talk.at(50, replica_set("b", 1, 0), replica_set("a", 2, 2))["Progressing"] == (
        "True",
        "ReplicaSetUpdated",
    )
    assert talk.times("Progressing")[0] == "50"


def test_paused_and_resumed():
    """Paused is Unknown, and no deadline runs."""
    talk = Conversation(paused=True)
    talk.at(0, replica_set("a", 2, 1))
    assert talk.at(1, replica_set("a", 2, 1))["Progressing"] == ("Unknown", "DeploymentPaused")
    assert (
        seconds_until_deadline(talk.deployment, SortedReplicaSets(replica_set("a", 2, 1), ()), START) is None
    )
    talk.spec["paused"] = False
    assert talk.at(2, replica_set("a", 2, 1))["Progressing"] == ("Unknown", "DeploymentResumed")
    assert talk.at(3, replica_set("a", 2, 2))["Progressing"] == ("True", "NewReplicaSetAvailable")


def test_the_replica_sets_failure_is_the_deployments():
    """Why no pod comes is said where the user looks first."""
    found = Conversation().at(0, replica_set("a", 2, 0, failure="quota"))
    assert found["ReplicaFailure"] == ("True", "FailedCreate")


def test_without_a_deadline_there_is_no_progressing():
    """As upstream with progressDeadlineSeconds unset."""
    talk = Conversation(progressDeadlineSeconds=None)
    assert "Progressing" not in talk.at(0, replica_set("a", 2, 0))


def test_the_deadline_is_an_appointment_while_a_rollout_runs():
    """One second past it, counted from the last progress; none once it is complete or over."""
    talk = Conversation()
    half = replica_set("a", 2, 1)
    talk.at(0, half)
    assert (
        seconds_until_deadline(talk.deployment, SortedReplicaSets(half, ()), START + timedelta(seconds=4))
        == 7
    )
    whole = replica_set("a", 2, 2)
    talk.at(5, whole)
    assert seconds_until_deadline(talk.deployment, SortedReplicaSets(whole, ()), START) is None


def test_a_deployment_without_a_replica_set_speaks_of_itself():
    """Nothing is created yet, for example while the old pods of a Recreate end."""
    talk = Conversation()
    talk.at(0)
    assert 'Deployment "web" is progressing.' in [each["message"] for each in talk.status["conditions"]]
