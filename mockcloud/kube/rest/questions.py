"""What a request wants to do, by its method, path and query alone (k8s.io/apiserver's RequestInfo).

It is asked before anything is looked up: who may not know of a resource does not learn whether it is there.
"""

from collections.abc import Mapping
from typing import Final

from mockcloud.kube.auth.questions import Question
from mockcloud.kube.queries import flag
from mockcloud.kube.rest.paths import NAMESPACE_PARTS

_VERBS: Final = {
    "POST": "create", "GET": "get", "HEAD": "get", "PUT": "update", "PATCH": "patch", "DELETE": "delete",
}  # fmt: skip
_BY_NAME: Final = "metadata.name="


def question(method: str, path: str, query: Mapping[str, str]) -> Question:
    """The question; below /api/VERSION and /apis/GROUP/VERSION it is for a resource, else for the path."""
    parts = path.strip("/").split("/")
    size = {"api": 2, "apis": 3}.get(parts[0], 0)
    if not size or len(parts) <= size:
        return Question(method.lower(), path=path)
    group = parts[1] if size == 3 else ""
    parts = parts[size:]
    namespace = ""
    if parts[0] == "namespaces" and len(parts) > 1:
        namespace = parts[1]
        if len(parts) > 2 and parts[2] not in NAMESPACE_PARTS:
            parts = parts[2:]
    resource, name, subresource = (*parts[:3], "", "")[:3]
    verb = _VERBS.get(method, "")
    if not name:
        if verb == "get":
            verb = "watch" if flag(query, "watch") else "list"
            name = _selected(query.get("fieldSelector", ""))
        elif verb == "delete":
            verb = "deletecollection"
    return Question(verb, group, resource, subresource, namespace, name)


def _selected(selector: str) -> str:
    """The name of the one object that a field selector lets through, "" where it may be more."""
    for term in selector.split(",") if selector else ():
        if term.startswith(_BY_NAME):
            return term.removeprefix(_BY_NAME).removeprefix("=")
    return ""
