"""What each kind says of its own objects: the rules of its fields."""

from mockcloud.kube.admission.attributes import Attributes, Operation
from mockcloud.kube.writes import refusals


async def validation(write: Attributes) -> None:
    """422 with every cause, where the object, or its change, breaks a rule of its kind.

    What is POSTed to a part of an object is no object of the kind.
    """
    if write.operation in (Operation.DELETE, Operation.CONNECT):
        return
    if write.subresource and write.operation is Operation.CREATE:
        return
    causes = write.kind.problems(write.object, write.old)
    if causes:
        name = write.object["metadata"].get("name") or ""
        raise refusals.invalid(write.kind.kind, write.kind.group, name, causes)
