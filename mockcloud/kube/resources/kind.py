"""What the API asks of a kind: where it is served, and in what its objects differ from those of other kinds.

A family's file fills in what is particular to its kinds; what it leaves out has a default here. See "To add a
kind" in docs/architecture.md.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from mockcloud.kube.field_errors import Cause
from mockcloud.kube.json_types import JsonObject
from mockcloud.kube.resources.printing import NAME_AND_AGE, Printer
from mockcloud.kube.resources.validation.formats import Check, dns_1123_subdomain
from mockcloud.kube.resources.validation.metadata import metadata_problems

READ_VERBS: Final = ("get", "list", "watch")
WRITE_VERBS: Final = ("create", "delete", "deletecollection", "patch", "update")
ALL_VERBS: Final = tuple(sorted((*READ_VERBS, *WRITE_VERBS)))
QUESTION_VERBS: Final = ("create",)
"""Of a kind whose objects are answered, and stored nowhere."""

FieldLabels = Mapping[str, tuple[tuple[str, ...], str | tuple[str, ...]]]
"""Field selector label -> (path in the object, text where it is absent)."""
Rule = Callable[[JsonObject, JsonObject | None], Iterable[Cause]]
"""A new object and the old one (None for a create) -> what is wrong. It never changes either."""
Step = Callable[[JsonObject], JsonObject]
"""An object -> the object as it goes on. What is passed in is never changed."""


def field_labels(*rows: str, **renamed: str) -> FieldLabels:
    """Field labels from `path` or `path=text where absent`; `renamed` ones have a path of their own.

    Or two, with `|` between them: the second counts where the first is absent.
    """
    parsed = (row.partition("=") for row in rows)
    found: dict[str, tuple[tuple[str, ...], str | tuple[str, ...]]] = {
        path: (tuple(path.split(".")), absent) for path, _, absent in parsed
    }
    for label, path in renamed.items():
        first, _, second = path.partition("|")
        found[label] = (tuple(first.split(".")), tuple(second.split(".")) if second else "")
    return MappingProxyType(found)


def as_it_is(obj: JsonObject) -> JsonObject:
    """The object itself."""
    return obj


@dataclass(frozen=True, slots=True)
class Deletion:
    """How objects of a kind end, where they do not just go when nothing holds them."""

    # The object, the seconds that the client asks for -> the seconds that its node has to stop it.
    grace_seconds: Callable[[JsonObject, int | None], int] = lambda _obj, _asked: 0
    # Whether the object stays for a reason of its kind, beside metadata.finalizers.
    is_held: Callable[[JsonObject], bool] = lambda _obj: False
    # What being deleted changes besides the metadata.
    marked: Step = as_it_is
    # The answer to a DELETE that removes the object shows it in its last state, rather than as it was.
    shows_end: bool = False
    # Where the client does not say what becomes of what it owns, that stays (as in the API's first version).
    orphans: bool = False


@dataclass(frozen=True, slots=True)
class StorageVersion:
    """The kind under which objects are stored that this one only shows otherwise."""

    kind: "Kind"
    to_stored: Step
    from_stored: Step
    # Writes are judged by the rules of the kind that they name, rather than by those of the stored one.
    judged_as_shown: bool = False
    # The steps need what a webhook says, and raise until it has been asked.
    asks: bool = False


@dataclass(frozen=True, slots=True)
class ScalePaths:
    """Where an object says what its Scale shows; without `selector` that is made of `spec.selector`."""

    spec: tuple[str, ...] = ("spec", "replicas")
    status: tuple[str, ...] = ("status", "replicas")
    selector: tuple[str, ...] | None = None


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
    # What clients may do.
    verbs: tuple[str, ...] = ALL_VERBS
    field_labels: FieldLabels = field(default_factory=lambda: MappingProxyType({}))
    # The class of the official Python client that has the fields: `schema.generate` reads it. A kind without
    # one takes any field, or those of its `schema`.
    model: str = ""
    # The structural schema of a custom kind.
    schema: JsonObject | None = None
    # Names, where they are not made of the kind's.
    singular: str = ""
    list_kind: str = ""
    # Said in a Warning header with every answer.
    warnings: tuple[str, ...] = ()

    # metadata.generation counts changes of the wanted state (all but metadata and status).
    has_generation: bool = False
    # That of a new object; 0: none, until something changes.
    first_generation: int = 1
    # A change of its annotations is one of the wanted state, too.
    annotations_count: bool = False
    # DELETE answers with the object rather than with a Status.
    returns_deleted: bool = False
    # PUT of an absent object creates it.
    creates_on_update: bool = False
    # PUT without a resourceVersion is taken.
    unconditional_update: bool = True
    # A write of the status changes nothing else, not even the metadata.
    status_alone: bool = False
    # Another face of objects that are stored as another kind (events.k8s.io over core events).
    stored_as: StorageVersion | None = None

    # What a name has to be.
    names: Check = dns_1123_subdomain
    # What fields get when nobody states them (k8s.io/kubernetes v1.34 `pkg/apis/*/v1/defaults.go`).
    defaults: Step = as_it_is
    # What is wrong with an object that has its defaults and whose types are right, apart from its metadata.
    validate: Rule = lambda _new, _old: ()
    # `validate` looks at the metadata, too: its causes have an order of their own.
    validates_metadata: bool = False
    # What the server makes of a new object; None: no status yet, where the kind has one.
    first_state: Step | None = None
    # What a new object gets by its name and uid.
    identified: Step = as_it_is
    # (what an update would write, the stored object, the subresource written) -> what it writes.
    prepare_update: Callable[[JsonObject, JsonObject, str], JsonObject] = lambda part, _old, _sub: part
    # (what a write of the status would store, the stored object, the time now: RFC 3339) -> what it stores.
    timed: Callable[[JsonObject, JsonObject, str], JsonObject] = lambda new, _old, _now: new
    deletion: Deletion = Deletion()
    scale: ScalePaths = ScalePaths()
    # What `kubectl get` prints.
    printer: Printer = NAME_AND_AGE

    def __post_init__(self) -> None:
        """Names that are not said are made of the kind's."""
        for name, made in (("singular", self.kind.lower()), ("list_kind", f"{self.kind}List")):
            if not getattr(self, name):
                object.__setattr__(self, name, made)

    @property
    def group_version(self) -> str:
        """`v1` or `apps/v1`."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def gvk(self) -> tuple[str, str, str]:
        """(group, version, kind), as the schema is asked."""
        return (self.group, self.version, self.kind)

    @property
    def resource(self) -> str:
        """`services` or `deployments.apps`, as messages name it."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def stored(self) -> "Kind":
        """The kind that its objects are stored as: itself, but for one that only shows another's."""
        return self.stored_as.kind if self.stored_as else self

    @property
    def asks(self) -> bool:
        """Whether a webhook has to say how its stored objects are shown."""
        return self.stored_as is not None and self.stored_as.asks

    @property
    def written_as(self) -> "Kind":
        """The kind by whose rules its writes are judged."""
        shown = self.stored_as is None or self.stored_as.judged_as_shown
        return self if shown else self.stored

    @property
    def storage(self) -> str:
        """The name its objects are stored under."""
        return self.stored.resource

    @property
    def is_question(self) -> bool:
        """Whether its objects are answered rather than stored."""
        return self.verbs == QUESTION_VERBS

    @property
    def has_status(self) -> bool:
        """Whether status is written apart from the rest."""
        return "status" in self.subresources

    def problems(self, new: JsonObject, old: JsonObject | None) -> list[Cause]:
        """Every cause to refuse the object, or the change from `old`, in upstream's order; [] for none."""
        if self.validates_metadata:
            return list(self.validate(new, old))
        found = metadata_problems(new, old, names=self.names, namespaced=self.namespaced)
        return [*found, *self.validate(new, old)]

    def to_stored(self, obj: JsonObject) -> JsonObject:
        """An object as this kind shows it, as it is stored."""
        return self.stored_as.to_stored(obj) if self.stored_as else obj

    def from_stored(self, obj: JsonObject) -> JsonObject:
        """A stored object, as this kind shows it."""
        return self.stored_as.from_stored(obj) if self.stored_as else obj
