"""The kinds of the group authorization.k8s.io: questions of who may do what."""

from typing import Final

from mockcloud.kube.resources.kind import QUESTION_VERBS, Kind

GROUP: Final = "authorization.k8s.io"

LOCAL_SUBJECT_ACCESS_REVIEW: Final = Kind(
    GROUP,
    "v1",
    "LocalSubjectAccessReview",
    "localsubjectaccessreviews",
    verbs=QUESTION_VERBS,
    model="V1LocalSubjectAccessReview",
)
SELF_SUBJECT_ACCESS_REVIEW: Final = Kind(
    GROUP,
    "v1",
    "SelfSubjectAccessReview",
    "selfsubjectaccessreviews",
    namespaced=False,
    verbs=QUESTION_VERBS,
    model="V1SelfSubjectAccessReview",
)
SELF_SUBJECT_RULES_REVIEW: Final = Kind(
    GROUP,
    "v1",
    "SelfSubjectRulesReview",
    "selfsubjectrulesreviews",
    namespaced=False,
    verbs=QUESTION_VERBS,
    model="V1SelfSubjectRulesReview",
)
SUBJECT_ACCESS_REVIEW: Final = Kind(
    GROUP,
    "v1",
    "SubjectAccessReview",
    "subjectaccessreviews",
    namespaced=False,
    verbs=QUESTION_VERBS,
    model="V1SubjectAccessReview",
)
