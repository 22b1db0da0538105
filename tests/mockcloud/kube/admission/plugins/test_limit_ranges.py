"""LimitRanges: what a pod gets that says nothing, and what is refused (words: conformance, test_quotas)."""

import pytest

from mockcloud.kube.admission.attributes import Attributes, Operation
from mockcloud.kube.admission.plugins.limit_ranges import limit_bounds, limit_defaults
from mockcloud.kube.auth.user import API_SERVER
from mockcloud.kube.resources.core.limitrange import LIMIT_RANGE, limit_range_defaults
from mockcloud.kube.resources.pods.pod import POD
from mockcloud.kube.storage.store import Store
from mockcloud.kube.writes.refusals import Refusal
from testkit import objects


def store_of(*limits):
    store = Store()
    body = limit_range_defaults(objects.made("LimitRange", "l", spec={"limits": list(limits)}))
    store.put(LIMIT_RANGE.storage, ("default", "l"), body)
    return store


def creation(**resources):
    pod = objects.pod("p", objects.container(resources=resources))
    return Attributes(API_SERVER, Operation.CREATE, POD, "default", "p", pod)


async def test_a_pod_gets_the_defaults_and_says_so():
    """The least, the most and the default each stand in for the next."""
    store = store_of({"type": "Container", "max": {"cpu": "2"}, "min": {"memory": "1Mi"}})
    pod = await limit_defaults(store)(creation())
    assert pod["spec"]["containers"][0]["resources"] == {
        "requests": {"cpu": "2", "memory": "1Mi"},
        "limits": {"cpu": "2"},
    }
    assert pod["metadata"]["annotations"]["kubernetes.io/limit-ranger"] == (
        "LimitRanger plugin set: cpu, memory request for container c; cpu limit for container c"
    )
    assert pod["status"]["qosClass"] == "Burstable"


@pytest.mark.parametrize(
    ("limit", "resources", "said"),
    [
        pytest.param(
            {"min": {"cpu": "1"}}, {}, "minimum cpu usage per Pod is 1.  No request is specified", id="min"
        ),
        pytest.param(
            {"max": {"memory": "1Gi"}},
            {"limits": {"memory": "2Gi"}},
            "maximum memory usage per Pod is 1Gi, but limit is 2Gi",
            id="max",
        ),
        pytest.param(
            {"maxLimitRequestRatio": {"cpu": "2"}},
            {"requests": {"cpu": "1"}, "limits": {"cpu": "4"}},
            "cpu max limit to request ratio per Pod is 2, but provided ratio is 4.000000",
            id="ratio",
        ),
    ],
)
async def test_bounds(limit, resources, said):
    """One row a bound."""
    with pytest.raises(Refusal, match=said):
        await limit_bounds(store_of({"type": "Pod", **limit}))(creation(**resources))
