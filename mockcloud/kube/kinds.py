"""The table of kinds: all that the machinery knows about each resource. A new kind is a new row."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

READ_VERBS: Final = ("get", "list", "watch")
WRITE_VERBS: Final = ("create", "delete", "deletecollection", "patch", "update")
ALL_VERBS: Final = tuple(sorted((*READ_VERBS, *WRITE_VERBS)))

FieldLabels = Mapping[str, tuple[tuple[str, ...], str]]
"""Field selector label -> (path in the object, text where it is absent)."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One resource of one group version, and where it differs from the others."""

    group: str
    version: str
    kind: str
    plural: str
    short_names: tuple[str, ...] = ()
    namespaced: bool = True
    categories: tuple[str, ...] = ()
    subresources: tuple[str, ...] = ()
    verbs: tuple[str, ...] = ALL_VERBS
    field_labels: FieldLabels = field(default_factory=lambda: MappingProxyType({}))
    # metadata.generation counts changes of the wanted state (all but metadata and status).
    has_generation: bool = False
    # DELETE answers with the object rather than with a Status.
    returns_deleted: bool = False
    # PUT of an absent object creates it.
    creates_on_update: bool = False
    # PUT without a resourceVersion is taken.
    unconditional_update: bool = True
    # Another row over the same stored objects (events.k8s.io over core events).
    stored_as: str = ""
    # Said in a Warning header with every answer.
    warnings: tuple[str, ...] = ()

    @property
    def group_version(self) -> str:
        """`v1` or `apps/v1`."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def gvk(self) -> tuple[str, str, str]:
        """(group, version, kind), as the schema is asked."""
        return (self.group, self.version, self.kind)

    @property
    def singular(self) -> str:
        """The name in the singular, as discovery lists it."""
        return self.kind.lower()

    @property
    def resource(self) -> str:
        """`services` or `deployments.apps`, as messages name it."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def storage(self) -> str:
        """The name its objects are stored under."""
        return self.stored_as or self.resource

    @property
    def has_status(self) -> bool:
        """Whether status is written apart from the rest."""
        return "status" in self.subresources


def _labels(*rows: str, **renamed: str) -> FieldLabels:
    """Field labels from `path` or `path=text where absent`; `renamed` ones have a path of their own."""
    parsed = (row.partition("=") for row in rows)
    labels = {path: (tuple(path.split(".")), absent) for path, _, absent in parsed}
    for label, path in renamed.items():
        labels[label] = (tuple(path.split(".")), "")
    return MappingProxyType(labels)


_INVOLVED: Final = ("kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath")

NAMESPACE: Final = Kind(
    "",
    "v1",
    "Namespace",
    "namespaces",
    ("ns",),
    namespaced=False,
    subresources=("finalize", "status"),
    verbs=tuple(v for v in ALL_VERBS if v != "deletecollection"),
    field_labels=_labels("status.phase"),
)
NODE: Final = Kind(
    "",
    "v1",
    "Node",
    "nodes",
    ("no",),
    namespaced=False,
    subresources=("status",),
    field_labels=_labels("spec.unschedulable=false"),
)
POD: Final = Kind(
    "",
    "v1",
    "Pod",
    "pods",
    ("po",),
    categories=("all",),
    subresources=("attach", "binding", "exec", "log", "portforward", "status"),
    field_labels=_labels(
        "spec.nodeName",
        "spec.restartPolicy",
        "spec.schedulerName",
        "spec.serviceAccountName",
        "spec.hostNetwork=false",
        "status.phase",
        "status.podIP",
        "status.nominatedNodeName",
    ),
    has_generation=True,
    returns_deleted=True,
)
SERVICE: Final = Kind(
    "",
    "v1",
    "Service",
    "services",
    ("svc",),
    categories=("all",),
    subresources=("status",),
    field_labels=_labels("spec.clusterIP", "spec.type"),
    returns_deleted=True,
    creates_on_update=True,
)
_ENDPOINTS: Final = "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"
ENDPOINTS: Final = Kind(
    "", "v1", "Endpoints", "endpoints", ("ep",), creates_on_update=True, warnings=(_ENDPOINTS,)
)
CONFIG_MAP: Final = Kind("", "v1", "ConfigMap", "configmaps", ("cm",))
SECRET: Final = Kind("", "v1", "Secret", "secrets", field_labels=_labels("type"))
SERVICE_ACCOUNT: Final = Kind("", "v1", "ServiceAccount", "serviceaccounts", ("sa",), returns_deleted=True)
EVENT: Final = Kind(
    "",
    "v1",
    "Event",
    "events",
    ("ev",),
    field_labels=_labels(
        *(f"involvedObject.{name}" for name in _INVOLVED),
        "reason",
        "reportingComponent",
        "type",
        source="source.component",
    ),
    creates_on_update=True,
)
EVENT_NEW: Final = Kind(
    "events.k8s.io",
    "v1",
    "Event",
    "events",
    ("ev",),
    field_labels=_labels(
        "reason",
        "type",
        reportingController="reportingComponent",
        **{f"regarding.{name}": f"involvedObject.{name}" for name in _INVOLVED},
    ),
    creates_on_update=True,
    stored_as="events",
)
ENDPOINT_SLICE: Final = Kind("discovery.k8s.io", "v1", "EndpointSlice", "endpointslices", has_generation=True)
LEASE: Final = Kind(
    "coordination.k8s.io", "v1", "Lease", "leases", creates_on_update=True, unconditional_update=False
)
# Read-only: the ranges are given at the start, and a real cluster's controller for more of them is not here.
SERVICE_CIDR: Final = Kind(
    "networking.k8s.io", "v1", "ServiceCIDR", "servicecidrs", namespaced=False, verbs=READ_VERBS
)
DEPLOYMENT: Final = Kind(
    "apps",
    "v1",
    "Deployment",
    "deployments",
    ("deploy",),
    categories=("all",),
    subresources=("scale", "status"),
    has_generation=True,
)
REPLICA_SET: Final = Kind(
    "apps",
    "v1",
    "ReplicaSet",
    "replicasets",
    ("rs",),
    categories=("all",),
    subresources=("scale", "status"),
    field_labels=_labels("status.replicas=0"),
    has_generation=True,
)
STATEFUL_SET: Final = Kind(
    "apps",
    "v1",
    "StatefulSet",
    "statefulsets",
    ("sts",),
    categories=("all",),
    subresources=("scale", "status"),
    has_generation=True,
)
CONTROLLER_REVISION: Final = Kind("apps", "v1", "ControllerRevision", "controllerrevisions")
PERSISTENT_VOLUME_CLAIM: Final = Kind(
    "",
    "v1",
    "PersistentVolumeClaim",
    "persistentvolumeclaims",
    ("pvc",),
    subresources=("status",),
    returns_deleted=True,
)

KINDS: Final = (
    CONFIG_MAP, ENDPOINTS, EVENT, NAMESPACE, NODE, PERSISTENT_VOLUME_CLAIM, POD, SECRET, SERVICE_ACCOUNT,
    SERVICE, CONTROLLER_REVISION, DEPLOYMENT, REPLICA_SET, STATEFUL_SET, LEASE, ENDPOINT_SLICE, EVENT_NEW,
    SERVICE_CIDR,
)  # fmt: skip

GROUP_VERSIONS: Final = tuple(dict.fromkeys(kind.group_version for kind in KINDS))

_BY_PLURAL: Final = {(kind.group_version, kind.plural): kind for kind in KINDS}


def kind_at(group_version: str, plural: str) -> Kind | None:
    """The kind served under this group version and plural name."""
    return _BY_PLURAL.get((group_version, plural))
