"""Which webhooks are asked about a write, and in which version of its kind."""

from dataclasses import dataclass

from mockcloud.kube.admission.attributes import Attributes
from mockcloud.kube.admission.matching import matched_kind, selected
from mockcloud.kube.json_types import JsonObject, objects_at
from mockcloud.kube.resources.admission_policies import GROUP
from mockcloud.kube.resources.kind import Kind
from mockcloud.kube.resources.scheme import Scheme
from mockcloud.kube.storage.store import Store


@dataclass(frozen=True, slots=True)
class Invocation:
    """One webhook that is asked: `kind` is the version in which it sees the object."""

    configuration: str
    hook: JsonObject
    kind: Kind

    @property
    def name(self) -> str:
        """As refusals name it."""
        return str(self.hook["name"])

    @property
    def identity(self) -> tuple[str, str]:
        """Which webhook of which configuration."""
        return (self.configuration, self.name)


def invocations(configurations: Kind, write: Attributes, store: Store, scheme: Scheme) -> list[Invocation]:
    """All webhooks of the configurations that are asked, by name of configuration."""
    if write.kind.group == GROUP:
        return []  # nobody can be locked out of what would let him in again
    found: list[Invocation] = []
    for stored in store.objects(configurations.storage):
        for hook in objects_at(stored.object, "webhooks"):
            kind = matched_kind(hook, write, scheme)
            if kind is not None and selected(hook, write, store):
                found.append(Invocation(stored.object["metadata"]["name"], hook, kind))
    return found
