"""From URL paths to what they name."""

import pytest

from mockcloud.kube.resources.apps.deployment import DEPLOYMENT
from mockcloud.kube.resources.authorization import SELF_SUBJECT_ACCESS_REVIEW
from mockcloud.kube.resources.built_in import BUILT_IN
from mockcloud.kube.resources.core.namespace import NAMESPACE
from mockcloud.kube.resources.core.node import NODE
from mockcloud.kube.resources.pods.pod import POD
from mockcloud.kube.resources.scheme import Scheme
from mockcloud.kube.rest.paths import NoSuchGroup, NoSuchResource, Target, resolve


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        pytest.param("/api/v1/pods", Target(POD, None), id="all-namespaces"),
        pytest.param("/api/v1/namespaces/a/pods", Target(POD, "a"), id="one-namespace"),
        pytest.param("/api/v1/namespaces/a/pods/p", Target(POD, "a", "p"), id="object"),
        pytest.param("/api/v1/namespaces/a/pods/p/status", Target(POD, "a", "p", "status"), id="part"),
        pytest.param("/api/v1/namespaces", Target(NAMESPACE, None), id="namespaces"),
        pytest.param("/api/v1/namespaces/a", Target(NAMESPACE, None, "a"), id="namespace"),
        pytest.param(
            "/api/v1/namespaces/a/finalize", Target(NAMESPACE, None, "a", "finalize"), id="finalize"
        ),
        pytest.param("/api/v1/namespaces/a/pods/p/proxy/x/y/", Target(POD, "a", "p", "proxy"), id="proxy"),
        pytest.param("/api/v1/namespaces/a/pods/p/log/x", NoSuchResource(), id="below-a-part"),
        pytest.param("/api/v1/nodes/n/status", Target(NODE, None, "n", "status"), id="node-status"),
        pytest.param(
            "/apis/apps/v1/namespaces/a/deployments/d/scale",
            Target(DEPLOYMENT, "a", "d", "scale"),
            id="scale",
        ),
        pytest.param(
            "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
            Target(SELF_SUBJECT_ACCESS_REVIEW, None),
            id="review",
        ),
        pytest.param("/api/v1/namespaces/a/nodes/n", NoSuchResource(), id="cluster-kind-in-a-namespace"),
        pytest.param("/api/v1/pods/p", NoSuchResource(), id="namespaced-kind-outside"),
        pytest.param("/api/v1/namespaces/a/pods/p/scale", NoSuchResource(), id="no-such-part"),
        pytest.param("/api/v1/namespaces/a/pods/p/status/x", NoSuchResource(), id="too-deep"),
        pytest.param("/apis/example.com/v1/jobs", NoSuchGroup(), id="no-such-group"),
        pytest.param("/api/apps/v1/deployments", NoSuchGroup(), id="group-below-api"),
    ],
)
def test_resolve(path, expected):
    """Every shape of path that clients send, and those that are none."""
    assert resolve(path, Scheme(BUILT_IN)) == expected
