"""The kinds of the group authentication.k8s.io: questions of who somebody is."""

from typing import Final

from mockcloud.kube.resources.kind import QUESTION_VERBS, Kind

GROUP: Final = "authentication.k8s.io"

SELF_SUBJECT_REVIEW: Final = Kind(
    GROUP,
    "v1",
    "SelfSubjectReview",
    "selfsubjectreviews",
    namespaced=False,
    verbs=QUESTION_VERBS,
    model="V1SelfSubjectReview",
)
TOKEN_REVIEW: Final = Kind(
    GROUP,
    "v1",
    "TokenReview",
    "tokenreviews",
    namespaced=False,
    verbs=QUESTION_VERBS,
    model="V1TokenReview",
)
