"""The chain that an API starts with."""

from mockcloud.kube.admission.chain import Chain
from mockcloud.kube.admission.kinds import defaulting, validation
from mockcloud.kube.admission.namespaces import namespace_lifecycle
from mockcloud.kube.admission.pods import default_toleration_seconds, service_account
from mockcloud.kube.admission.priorities import priority
from mockcloud.kube.admission.volumes import storage_object_in_use_protection
from mockcloud.kube.storage.store import Store


def chain(store: Store) -> Chain:
    """Its own members alone, in upstream's order; defaults come first, so that each sees the whole object."""
    return Chain(
        mutating=[
            namespace_lifecycle(store),
            defaulting,
            service_account,
            default_toleration_seconds,
            priority(store),
            storage_object_in_use_protection,
        ],
        validating=[validation],
    )
