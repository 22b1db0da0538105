"""Ingresses and IngressClasses: how HTTP comes in, for whoever does it."""

from collections.abc import Iterator
from typing import Final

from mockcloud.kube.field_errors import Cause, invalid, not_supported, required, too_long
from mockcloud.kube.json_types import JsonObject, object_at, objects_at
from mockcloud.kube.resources.kind import Kind
from mockcloud.kube.resources.printing import NONE, Cell, Printer, age, few, name_of, texts
from mockcloud.kube.resources.validation import formats
from mockcloud.kube.resources.validation.formats import causes
from mockcloud.kube.resources.validation.metadata import immutable

CLASS_ANNOTATION: Final = "kubernetes.io/ingress.class"
PATH_TYPES: Final = ("Exact", "ImplementationSpecific", "Prefix")
NOT_IN_PATHS: Final = ("//", "/./", "/../", "%2f", "%2F")
NOT_AT_THE_END: Final = ("/..", "/.")
LONGEST_CONTROLLER: Final = 250
SCOPES: Final = ("Cluster", "Namespace")
NO_ADDRESS: Final = "must be a DNS name, not an IP address"


def ingress_problems(new: JsonObject, old: JsonObject | None) -> Iterator[Cause]:
    """Something to lead to, by names and paths that can be matched."""
    spec = object_at(new, "spec")
    rules, backend = objects_at(spec, "rules"), spec.get("defaultBackend")
    if not rules and backend is None:
        yield invalid("spec", spec.get("rules"), "either `defaultBackend` or `rules` must be specified")
    if backend is not None:
        yield from _backend("spec.defaultBackend", backend)
    for index, rule in enumerate(rules):
        yield from _rule(f"spec.rules[{index}]", rule)
    for index, tls in enumerate(objects_at(spec, "tls")):
        yield from _tls(f"spec.tls[{index}]", tls)
    name = spec.get("ingressClassName")
    if name is not None:
        yield from causes("spec.ingressClassName", name, formats.dns_1123_subdomain(name))
    noted = object_at(object_at(new, "metadata"), "annotations").get(CLASS_ANNOTATION)
    if old is None and noted is not None and name is not None and noted != name:
        why = "must match `ingressClassName` when both are specified"
        yield invalid(f"annotations.{CLASS_ANNOTATION}", noted, why)
    yield from _addresses(object_at(object_at(new, "status"), "loadBalancer"))


def ingress_class_problems(new: JsonObject, old: JsonObject | None) -> Iterator[Cause]:
    """Whose it is, which never changes, and where that finds more."""
    spec, at = object_at(new, "spec"), "spec.controller"
    controller = spec.get("controller") or ""
    if old is not None:
        yield from immutable(at, controller, object_at(old, "spec").get("controller"))
    if len(controller) > LONGEST_CONTROLLER:
        yield too_long(at, LONGEST_CONTROLLER)
    if not controller:
        yield required(at)
    else:
        yield from causes(at, controller, formats.domain_prefixed_path(controller))
    if spec.get("parameters") is not None:
        yield from _parameters("spec.parameters", object_at(spec, "parameters"))


def _rule(at: str, rule: JsonObject) -> Iterator[Cause]:
    host, http = rule.get("host") or "", rule.get("http")
    if host:
        if formats.parsed_address(host) is not None:
            yield invalid(f"{at}.host", host, NO_ADDRESS)
        yield from causes(f"{at}.host", host, _host(host))
    if http is None:
        return
    paths = objects_at(http, "paths")
    if not paths:
        yield required(f"{at}.http.paths")
    for index, path in enumerate(paths):
        yield from _path(f"{at}.http.paths[{index}]", path)


def _host(host: str) -> list[str]:
    return formats.wildcard_dns_1123_subdomain(host) if "*" in host else formats.dns_1123_subdomain(host)


def _path(at: str, path: JsonObject) -> Iterator[Cause]:
    kind, text = path.get("pathType"), str(path.get("path") or "")
    if kind is None:
        yield required(f"{at}.pathType", "pathType must be specified")
        return
    if kind not in PATH_TYPES:
        yield not_supported(f"{at}.pathType", kind, PATH_TYPES)
    elif not text.startswith("/") and (text or kind != "ImplementationSpecific"):
        yield invalid(f"{at}.path", text, "must be an absolute path")
    if kind in ("Exact", "Prefix"):
        yield from _matched(f"{at}.path", text)
    yield from _backend(f"{at}.backend", object_at(path, "backend"))


def _matched(at: str, text: str) -> Iterator[Cause]:
    """What is wrong with a path that is matched as it stands."""
    for each in NOT_IN_PATHS:
        if each in text:
            yield invalid(at, text, f"must not contain '{each}'")
    for each in NOT_AT_THE_END:
        if text.endswith(each):
            yield invalid(at, text, f"cannot end with '{each}'")


def _backend(at: str, backend: JsonObject) -> Iterator[Cause]:
    service, resource = backend.get("service"), backend.get("resource")
    if service is not None and resource is not None:
        yield invalid(at, "", "cannot set both resource and service backends")
    elif resource is not None:
        yield from _reference(f"{at}.resource", resource)
    elif service is not None:
        yield from _service(at, service)
    else:
        yield invalid(at, "", "resource or service backend is required")


def _service(at: str, service: JsonObject) -> Iterator[Cause]:
    name, port = service.get("name") or "", object_at(service, "port")
    if name:
        yield from causes(f"{at}.service.name", name, formats.dns_1035_label(name))
    else:
        yield required(f"{at}.service.name")
    if port.get("name") and port.get("number"):
        yield invalid(at, "", "cannot set both port name & port number")
    elif port.get("name"):
        yield from causes(f"{at}.service.port.name", port["name"], formats.port_name(port["name"]))
    elif port.get("number"):
        yield from causes(f"{at}.service.port.number", port["number"], formats.port_number(port["number"]))
    else:
        yield required(at, "port name or number is required")


def _reference(at: str, reference: JsonObject) -> Iterator[Cause]:
    group = reference.get("apiGroup")
    if group is not None:
        yield from causes(f"{at}.apiGroup", group, formats.dns_1123_subdomain(group))
    for key in ("kind", "name"):
        value = reference.get(key) or ""
        if value:
            yield from causes(f"{at}.{key}", value, formats.path_segment(value))
        else:
            yield required(f"{at}.{key}")


def _parameters(at: str, parameters: JsonObject) -> Iterator[Cause]:
    yield from _reference(at, parameters)
    scope, namespace = parameters.get("scope") or "", parameters.get("namespace")
    if scope not in SCOPES:
        yield not_supported(f"{at}.scope", scope, SCOPES)
    elif scope == "Namespace" and not namespace:
        yield required(f"{at}.namespace", "`parameters.scope` is set to 'Namespace'")
    elif scope == "Cluster" and namespace is not None:
        yield Cause(
            f"{at}.namespace", "FieldValueForbidden", "Forbidden: `parameters.scope` is set to 'Cluster'"
        )


def _tls(at: str, tls: JsonObject) -> Iterator[Cause]:
    for index, host in enumerate(tls.get("hosts") or ()):
        yield from causes(f"{at}.hosts[{index}]", host, _host(host))
    secret = tls.get("secretName") or ""
    if secret:
        yield from causes(f"{at}.secretName", secret, formats.dns_1123_subdomain(secret))


def _addresses(status: JsonObject) -> Iterator[Cause]:
    for index, each in enumerate(objects_at(status, "ingress")):
        at = f"status.loadBalancer.ingress[{index}]"
        if each.get("ip"):
            yield from causes(f"{at}.ip", each["ip"], formats.address(each["ip"]))
        host = each.get("hostname") or ""
        if host:
            yield from causes(f"{at}.hostname", host, formats.dns_1123_subdomain(host))
            if formats.parsed_address(host) is not None:
                yield invalid(f"{at}.hostname", host, NO_ADDRESS)


def _class_defaults(obj: JsonObject) -> JsonObject:
    spec = object_at(obj, "spec")
    parameters = object_at(spec, "parameters")
    if not parameters or parameters.get("scope"):
        return obj
    return {**obj, "spec": {**spec, "parameters": {**parameters, "scope": "Cluster"}}}


def _first_state(obj: JsonObject) -> JsonObject:
    return {**obj, "status": {"loadBalancer": {}}}


def _row(ingress: JsonObject, now: float) -> list[Cell]:
    spec, status = object_at(ingress, "spec"), object_at(object_at(ingress, "status"), "loadBalancer")
    hosts = [str(rule["host"]) for rule in objects_at(spec, "rules") if rule.get("host")]
    held = {str(each.get("ip") or each.get("hostname") or "") for each in objects_at(status, "ingress")}
    return [
        name_of(ingress),
        str(spec.get("ingressClassName") or NONE),
        few(hosts) if hosts else "*",
        ",".join(sorted(held - {""})),
        "80, 443" if spec.get("tls") else "80",
        age(ingress, now),
    ]


def _class_row(ingress_class: JsonObject, now: float) -> list[Cell]:
    spec = object_at(ingress_class, "spec")
    given = object_at(spec, "parameters")
    kind = ".".join(each for each in (given.get("kind"), given.get("apiGroup")) if each)
    shown = f"{kind}/{given.get('name')}" if given else NONE
    return [name_of(ingress_class), str(spec.get("controller") or ""), shown, age(ingress_class, now)]


INGRESS: Final = Kind(
    "networking.k8s.io",
    "v1",
    "Ingress",
    "ingresses",
    ("ing",),
    subresources=("status",),
    model="V1Ingress",
    has_generation=True,
    validate=ingress_problems,
    first_state=_first_state,
    printer=Printer(texts("Name", "Class", "Hosts", "Address", "Ports", "Age"), _row),
)
INGRESS_CLASS: Final = Kind(
    "networking.k8s.io",
    "v1",
    "IngressClass",
    "ingressclasses",
    namespaced=False,
    model="V1IngressClass",
    has_generation=True,
    defaults=_class_defaults,
    validate=ingress_class_problems,
    printer=Printer(texts("Name", "Controller", "Parameters", "Age"), _class_row),
)
