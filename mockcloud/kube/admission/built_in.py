"""The chain that an API starts with."""

from random import Random

from mockcloud.kube.admission.chain import Chain
from mockcloud.kube.admission.kinds import validation
from mockcloud.kube.admission.plugins.certificates import certificate_requestor, certificate_rights
from mockcloud.kube.admission.plugins.ingress_classes import default_ingress_class
from mockcloud.kube.admission.plugins.limit_ranges import limit_bounds, limit_defaults
from mockcloud.kube.admission.plugins.namespaces import namespace_lifecycle
from mockcloud.kube.admission.plugins.node_restriction import node_restriction
from mockcloud.kube.admission.plugins.pods import default_toleration_seconds
from mockcloud.kube.admission.plugins.priorities import priority
from mockcloud.kube.admission.plugins.quotas import resource_quota
from mockcloud.kube.admission.plugins.rbac import no_escalation
from mockcloud.kube.admission.plugins.runtime_classes import runtime_class
from mockcloud.kube.admission.plugins.service_accounts import Pause, service_account
from mockcloud.kube.admission.plugins.volumes import default_storage_class, storage_object_in_use_protection
from mockcloud.kube.auth.rbac.policy import Policy


def chain(policy: Policy, rng: Random, pause: Pause) -> Chain:
    """Its own members alone, in upstream's order; each sees the object with the defaults of its kind.

    `rng` makes up names; `pause` is how a member waits for what has to come.
    """
    store = policy.store
    return Chain(
        mutating=[
            namespace_lifecycle(store),
            limit_defaults(store),
            service_account(store, rng, pause),
            default_toleration_seconds,
            priority(store),
            runtime_class(store),
            default_storage_class(store),
            storage_object_in_use_protection,
            certificate_requestor,
            default_ingress_class(store),
        ],
        validating=[
            validation,
            limit_bounds(store),
            node_restriction(store),
            certificate_rights(policy),
            no_escalation(policy),
        ],
        charging=[resource_quota(store)],
    )
