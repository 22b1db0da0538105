"""Whether something more fits into a quota."""

import pytest

from mockcloud.quotas.quantities import texts
from mockcloud.quotas.quota import charged, counted, enforced, wanted
from testkit import objects


def quota(hard, used, **spec):
    obj = {"metadata": {"name": "q"}, "spec": {"hard": hard, **spec}, "status": {"hard": hard, "used": used}}
    return enforced(obj)


def test_what_fits_is_charged():
    """Only what the quota counts."""
    used, why = charged(quota({"pods": "2"}, {"pods": "1"}), "pods", objects.pod("p"), None)
    assert (texts(used), why) == ({"pods": "2"}, "")


def test_what_does_not_fit_is_refused_in_upstreams_words():
    """What was asked, what is used, what the limit is."""
    held = quota({"pods": "2", "services": "5"}, {"pods": "2", "services": "0"})
    _, why = charged(held, "pods", objects.pod("p"), None)
    assert why == "exceeded quota: q, requested: pods=1, used: pods=2, limited: pods=2"


def test_nobody_is_let_in_before_it_is_known_what_is_used():
    """The quota controller says it a moment later."""
    _, why = charged(quota({"pods": "2"}, {}), "pods", objects.pod("p"), None)
    assert why == "status unknown for quota: q, resources: pods"


def test_a_change_is_charged_what_it_adds():
    """A Service that becomes a LoadBalancer."""
    held = quota(
        {"services": "1", "services.loadbalancers": "1"}, {"services": "1", "services.loadbalancers": "0"}
    )
    old, new = (objects.service("web", type=kind) for kind in ("ClusterIP", "LoadBalancer"))
    assert texts(charged(held, "services", new, old)[0]) == {"services": "1", "services.loadbalancers": "1"}


@pytest.mark.parametrize(
    ("scope", "spec", "is_about"),
    [
        pytest.param({"scopes": ["BestEffort"]}, {}, True, id="best-effort"),
        pytest.param({"scopes": ["NotBestEffort"]}, {}, False, id="not-best-effort"),
        pytest.param({"scopes": ["Terminating"]}, {"activeDeadlineSeconds": 5}, True, id="terminating"),
        pytest.param(
            {"scopes": ["NotTerminating"]}, {"activeDeadlineSeconds": 5}, False, id="not-terminating"
        ),
        pytest.param(
            {
                "scopeSelector": {
                    "matchExpressions": [{"scopeName": "PriorityClass", "operator": "In", "values": ["a"]}]
                }
            },
            {"priorityClassName": "a"},
            True,
            id="priority",
        ),
        pytest.param(
            {"scopeSelector": {"matchExpressions": [{"scopeName": "PriorityClass", "operator": "Exists"}]}},
            {},
            False,
            id="no-priority",
        ),
    ],
)
def test_scopes(scope, spec, is_about):
    """Which pods it is about."""
    assert quota({"pods": "1"}, {}, **scope).is_about("pods", objects.pod("p", **spec)) == is_about


def test_counting_anew():
    """All that is there; what is not there is 0."""
    obj = {"metadata": {"name": "q"}, "spec": {"hard": {"pods": "9", "services": "9"}}}
    held = [("pods", objects.pod("p")), ("secrets", objects.made("Secret", "s"))]
    assert counted(wanted(obj), held) == {"pods": "1", "services": "0"}
