"""What a caller wants to do, as authorization is asked it (k8s.io/apiserver's authorizer.Attributes)."""

import html
from dataclasses import dataclass

from mockcloud.kube.auth.user import User
from mockcloud.kube.field_errors import quoted
from mockcloud.kube.writes.refusals import Refusal


@dataclass(frozen=True, slots=True)
class Question:
    """A verb, and the resource that it is for; or a path, where no resource is named."""

    verb: str
    group: str = ""
    resource: str = ""
    subresource: str = ""
    namespace: str = ""
    name: str = ""
    path: str = ""

    @property
    def what(self) -> str:
        """The resource with its subresource, as rules name it."""
        return f"{self.resource}/{self.subresource}" if self.subresource else self.resource


def forbidden(user: User, question: Question, why: str = "") -> Refusal:
    """403 in kube-apiserver's words; `why` is what authorization adds."""
    details: dict[str, object] = {}
    if question.path:
        text = f"User {quoted(user.name)} cannot {question.verb} path {quoted(question.path)}"
        subject = "forbidden"
    else:
        where = (
            f"in the namespace {quoted(question.namespace)}" if question.namespace else "at the cluster scope"
        )
        what = f"resource {quoted(question.what)} in API group {quoted(question.group)} {where}"
        text = f"User {quoted(user.name)} cannot {question.verb} {what}"
        resource = f"{question.resource}.{question.group}" if question.group else question.resource
        subject = (
            f"{resource} {quoted(question.name)} is forbidden"
            if question.name
            else f"{resource} is forbidden"
        )
        named = {"name": question.name, "group": question.group, "kind": question.resource}
        details = {key: value for key, value in named.items() if value}
    escaped = html.escape(text, quote=False)
    message = f"{subject}: {escaped}: {why}" if why else f"{subject}: {escaped}"
    return Refusal(403, "Forbidden", message, details)
