"""What is said of a right that is missing."""

import pytest

from baremetal_lb.model.rights import Right, user_in, who

SPEAKER = "system:serviceaccount:baremetal-lb-system:baremetal-lb-speaker"


@pytest.mark.parametrize(
    ("right", "user", "text", "command"),
    [
        pytest.param(
            Right("list", "services"),
            SPEAKER,
            "list services in the whole cluster",
            "kubectl create clusterrole baremetal-lb-speaker-list-services --verb=list,watch"
            " --resource=services"
            " && kubectl create clusterrolebinding baremetal-lb-speaker-list-services"
            " --clusterrole=baremetal-lb-speaker-list-services"
            " --serviceaccount=baremetal-lb-system:baremetal-lb-speaker",
            id="whole-cluster",
        ),
        pytest.param(
            Right("patch", "services/status", "shop"),
            SPEAKER,
            "patch services/status in namespace shop",
            "kubectl create role baremetal-lb-speaker-patch-services-status --verb=patch"
            " --resource=services/status -n shop && kubectl create rolebinding"
            " baremetal-lb-speaker-patch-services-status --role=baremetal-lb-speaker-patch-services-status"
            " --serviceaccount=baremetal-lb-system:baremetal-lb-speaker -n shop",
            id="namespace-and-subresource",
        ),
        pytest.param(
            Right("get", "leases.coordination.k8s.io", "lb"),
            "Jane",
            "get leases.coordination.k8s.io in namespace lb",
            "kubectl create role jane-get-leases-coordination-k8s-io --verb=get"
            " --resource=leases.coordination.k8s.io -n lb && kubectl create rolebinding"
            " jane-get-leases-coordination-k8s-io --role=jane-get-leases-coordination-k8s-io"
            " --user=Jane -n lb",
            id="a-person",
        ),
    ],
)
def test_a_right_is_named_with_the_command_that_gives_it(right, user, text, command):
    """Nobody has to know RBAC by heart."""
    assert (str(right), right.command(user)) == (text, command)


@pytest.mark.parametrize(
    ("message", "user", "name"),
    [
        pytest.param(
            f'nodes is forbidden: User "{SPEAKER}" cannot list resource "nodes" in API group ""',
            SPEAKER,
            "ServiceAccount baremetal-lb-system/baremetal-lb-speaker",
            id="service-account",
        ),
        pytest.param('x is forbidden: User "jane" cannot get resource "x"', "jane", "user jane", id="person"),
        pytest.param("exceeded quota", "", "user ", id="of-nobody"),
    ],
)
def test_who_is_refused_is_read_from_the_answer(message, user, name):
    """A 403 names whom it refuses."""
    assert user_in(message) == user
    assert who(user) == name


def test_what_work_goes_on_without_is_optional():
    """Events and verdicts are for people; Services and Leases are the work."""
    assert Right("create", "events", "shop").is_optional
    assert Right("list", "servicecidrs.networking.k8s.io").is_optional
    assert not Right("list", "services").is_optional
    assert not Right("update", "leases.coordination.k8s.io", "lb").is_optional
