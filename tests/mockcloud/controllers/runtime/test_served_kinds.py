"""Discovery documents -> kinds."""

from mockcloud.client.resources import Resource
from mockcloud.controllers.runtime.served_kinds import ServedKind, kinds_of

ALL = ["create", "delete", "get", "list", "patch", "update", "watch"]


def test_kinds_of_leaves_out_subresources_and_what_cannot_be_watched():
    """A SelfSubjectAccessReview is only created; pods/log is no kind."""
    found = {
        "resources": [
            {"name": "deployments", "namespaced": True, "kind": "Deployment", "verbs": ALL},
            {"name": "deployments/scale", "namespaced": True, "kind": "Scale", "verbs": ALL},
            {"name": "reviews", "namespaced": False, "kind": "Review", "verbs": ["create"]},
        ]
    }
    expected = ServedKind(Resource("apps/v1", "deployments", True), "apps", "Deployment")
    assert kinds_of("apps/v1", found) == [expected]
    assert kinds_of("v1", found)[0].group == ""
