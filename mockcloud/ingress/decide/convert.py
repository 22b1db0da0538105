"""API objects -> views, once, at the border. Pure."""

from collections.abc import Iterable, Iterator, Mapping

from mockcloud.client.objects import Key, Object, key_of
from mockcloud.ingress.decide.views import (
    Backend,
    Complaint,
    Endpoint,
    IngressView,
    PortView,
    Rule,
    ServiceView,
    SliceView,
    Tls,
    Why,
)

CLASS_ANNOTATION = "kubernetes.io/ingress.class"
SERVICE_NAME = "kubernetes.io/service-name"
LONGEST_PATH = 8192
"""A line of a map that is longer than HAProxy's buffer (16384) is two: a path's end would be a route."""
OTHERS_ANNOTATIONS = "ingress.kubernetes.io/"
"""What other controllers' annotations have before their names: nginx.ingress.kubernetes.io/rewrite-target."""


def class_of(ingress: Object) -> str | None:
    """The name of its IngressClass; the annotation is what came before the field, and still counts."""
    notes = ingress["metadata"].get("annotations") or {}
    name: str | None = ingress["spec"].get("ingressClassName") or notes.get(CLASS_ANNOTATION)
    return name


def ours(classes: Mapping[Key, Object], controller: str) -> frozenset[str]:
    """The names of the IngressClasses that this controller serves."""
    return frozenset(key[1] for key, each in classes.items() if each["spec"]["controller"] == controller)


def ingress_view(obj: Object) -> IngressView:
    """What it asks for; parts that cannot be served are complained of and left out."""
    spec, key = obj["spec"], key_of(obj)
    reader = _Reader(key)
    default = spec.get("defaultBackend")
    return IngressView(
        key=key,
        created=obj["metadata"].get("creationTimestamp") or "",
        rules=tuple(reader.rules(spec.get("rules") or ())),
        default=reader.backend("spec.defaultBackend", default) if default else None,
        tls=tuple(
            Tls(tuple(each.get("hosts") or ()), each["secretName"])
            for each in spec.get("tls") or ()
            if each.get("secretName")
        ),
        complaints=(*reader.complaints, *_of_annotations(key, obj["metadata"].get("annotations") or {})),
    )


def _of_annotations(key: Key, notes: Mapping[str, str]) -> Iterator[Complaint]:
    for name in sorted(notes):
        if OTHERS_ANNOTATIONS in name:
            message = f"annotation {name} has no effect: the lab's Ingress controller knows no annotations"
            yield Complaint(key, Why.ANNOTATION, message)


class _Reader:
    """Reads one Ingress, and gathers what is wrong with it."""

    def __init__(self, key: Key) -> None:
        self._key = key
        self.complaints: list[Complaint] = []

    def rules(self, rules: Iterable[Object]) -> Iterator[Rule]:
        for number, rule in enumerate(rules):
            for index, path in enumerate((rule.get("http") or {}).get("paths") or ()):
                at = f"spec.rules[{number}].http.paths[{index}]"
                backend = self.backend(f"{at}.backend", path["backend"])
                text = self._path(f"{at}.path", path.get("path") or "/")
                if backend is not None and text:
                    yield Rule(rule.get("host") or "", text, path["pathType"] == "Exact", backend)

    def backend(self, at: str, backend: Object) -> Backend | None:
        service = backend.get("service")
        if service is None:
            resource = backend.get("resource") or {}
            named = f"{resource.get('kind')} {resource.get('name')}"
            message = f"{at}: {named} cannot be served: the lab's Ingress controller leads to Services only"
            self.complaints.append(Complaint(self._key, Why.RESOURCE, message))
            return None
        port = service.get("port") or {}
        return Backend(self._key[0], service["name"], str(port.get("number") or port["name"]))

    def _path(self, at: str, text: str) -> str:
        """The path; "" for one that no request has: no line of a map could hold it."""
        if len(text) > LONGEST_PATH:
            message = f"{at}: its {len(text)} characters cannot be matched: at most {LONGEST_PATH} can"
        elif text.isprintable() and text.isascii() and " " not in text:
            return text
        else:
            message = f"{at}: {text!r} cannot be matched: a request has a path of visible ASCII characters"
        self.complaints.append(Complaint(self._key, Why.PATH, message))
        return ""


def service_view(obj: Object) -> ServiceView:
    """Its TCP ports: HTTP has no use for others."""
    spec = obj["spec"]
    return ServiceView(
        key=key_of(obj),
        external=spec.get("type") == "ExternalName",
        family=(spec.get("ipFamilies") or ["IPv4"])[0],
        ports=tuple(
            PortView(each["port"], each.get("name") or "")
            for each in spec.get("ports") or ()
            if each.get("protocol", "TCP") == "TCP"
        ),
    )


def slice_view(obj: Object) -> SliceView | None:
    """None where it is of no Service."""
    metadata = obj["metadata"]
    name = (metadata.get("labels") or {}).get(SERVICE_NAME)
    if not name:
        return None
    found = {
        port.get("name") or "": tuple(_endpoints(obj, port["port"]))
        for port in obj.get("ports") or ()
        if port.get("port") and port.get("protocol", "TCP") == "TCP"
    }
    return SliceView((metadata["namespace"], name), obj["addressType"], found)


def _endpoints(obj: Object, port: int) -> Iterator[Endpoint]:
    for each in obj.get("endpoints") or ():
        ready = (each.get("conditions") or {}).get("ready") is not False
        yield Endpoint(each["addresses"][0], port, ready)
