"""The members of the admission, in order: those that may change the object, then those that only refuse."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from mockcloud.kube.admission.attributes import Attributes
from mockcloud.kube.json_types import JsonObject

Mutating = Callable[[Attributes], Awaitable[JsonObject]]
"""A write -> the object as it goes on; Refusal where it may not be. `Attributes.object` is not changed."""
Validating = Callable[[Attributes], Awaitable[None]]
"""Refusal where the write may not be."""
Charging = Callable[[Attributes], list[Callable[[], object]]]
"""Refusal where there is no room for the write; else what is written with it. It does not wait."""


@dataclass(slots=True)
class Chain:
    """All members; they may come and go while the API runs."""

    mutating: list[Mutating] = field(default_factory=list)
    validating: list[Validating] = field(default_factory=list)
    charging: list[Charging] = field(default_factory=list)

    async def mutated(self, write: Attributes) -> JsonObject:
        """The object as all that may change it leave it; each sees what those before it made."""
        for member in tuple(self.mutating):
            obj = await member(write)
            if obj is not write.object:
                write = write.with_object(obj)
        return write.object

    async def validated(self, write: Attributes) -> None:
        """Refusal of the first member that refuses the write."""
        for member in tuple(self.validating):
            await member(write)

    def charged(self, write: Attributes) -> list[Callable[[], object]]:
        """What is to be done in the step that stores the object, so that no two writes get the same room."""
        return [step for member in self.charging for step in member(write)]
