"""Questions of a caller about its own rights, as `kubectl auth can-i` POSTs them."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from mockcloud.kube.json_types import JsonObject

GROUP_VERSION: Final = "authorization.k8s.io/v1"
RULES: Final = "selfsubjectrulesreviews"
KINDS: Final[Mapping[str, str]] = MappingProxyType(
    {"selfsubjectaccessreviews": "SelfSubjectAccessReview", RULES: "SelfSubjectRulesReview"}
)
"""The kind of each, by the name in its path."""


def answered(review: JsonObject, plural: str) -> JsonObject:
    """The review with its answer: whoever is let in may do everything."""
    everything = {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}
    if plural == RULES:
        urls = {"verbs": ["*"], "nonResourceURLs": ["*"]}
        status = {"resourceRules": [everything], "nonResourceRules": [urls], "incomplete": False}
        return {**review, "status": status}
    return {**review, "status": {"allowed": True}}
