"""What the Ingress controller is made of, and who asks for it."""

from collections.abc import Mapping
from typing import Final

from mockcloud.client.objects import Key, Object
from mockcloud.client.resources import (
    DEPLOYMENTS,
    INGRESS_CLASSES,
    NAMESPACES,
    SERVICE_ACCOUNTS,
    SERVICES,
    Resource,
)
from mockcloud.cluster_defaults import (
    INGRESS_CONTROLLER,
    INGRESS_HEALTH_PORT,
    INGRESS_NAME,
    INGRESS_NAMESPACE,
)

CLASS: Final = "mockcloud"
CLASS_ANNOTATION: Final = "kubernetes.io/ingress.class"
DEFAULT_CLASS: Final = "ingressclass.kubernetes.io/is-default-class"
IMAGE: Final = f"localhost/{INGRESS_NAME}"

_LABELS: Final = {"app.kubernetes.io/name": INGRESS_NAME}
_WORDS: Final = (
    f"--publish-service={INGRESS_NAMESPACE}/{INGRESS_NAME}",
    "--pod=$(POD_NAME)",
    "--pod-ips=$(POD_IPS)",
)


def asks(ingress: Object, classes: Mapping[Key, Object]) -> bool:
    """Whether it is of a class that the lab's controller serves."""
    notes = ingress["metadata"].get("annotations") or {}
    name = ingress["spec"].get("ingressClassName") or notes.get(CLASS_ANNOTATION)
    found = classes.get(("", name)) if name else None
    return found is not None and found["spec"]["controller"] == INGRESS_CONTROLLER


def ingress_class() -> Object:
    """The class of an Ingress that names none."""
    metadata = {"name": CLASS, "annotations": {DEFAULT_CLASS: "true"}}
    return _object(INGRESS_CLASSES, "IngressClass", metadata, {"controller": INGRESS_CONTROLLER})


def installation() -> list[tuple[Resource, Object]]:
    """All of it, each after what it needs."""
    named = {"name": INGRESS_NAME, "namespace": INGRESS_NAMESPACE, "labels": _LABELS}
    account = _object(SERVICE_ACCOUNTS, "ServiceAccount", named)
    return [
        (NAMESPACES, _object(NAMESPACES, "Namespace", {"name": INGRESS_NAMESPACE})),
        (SERVICE_ACCOUNTS, account),
        (SERVICES, _object(SERVICES, "Service", named, _service())),
        (DEPLOYMENTS, _object(DEPLOYMENTS, "Deployment", named, _deployment())),
    ]


def _object(resource: Resource, kind: str, metadata: Object, spec: Object | None = None) -> Object:
    head = {"apiVersion": resource.group_version, "kind": kind, "metadata": metadata}
    return head if spec is None else {**head, "spec": spec}


def _service() -> Object:
    """As ingress-nginx has it for clouds: it keeps the client's address."""
    ports = (("http", 80), ("https", 443))
    return {
        "type": "LoadBalancer",
        "externalTrafficPolicy": "Local",
        "ipFamilyPolicy": "PreferDualStack",
        "selector": _LABELS,
        "ports": [{"name": name, "port": port, "targetPort": name} for name, port in ports],
    }


def _deployment() -> Object:
    spec = {
        "serviceAccountName": INGRESS_NAME,
        "priorityClassName": "system-cluster-critical",
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": 10,
        "containers": [_container()],
    }
    return {
        "replicas": 1,
        "selector": {"matchLabels": _LABELS},
        "template": {"metadata": {"labels": _LABELS}, "spec": spec},
    }


def _container() -> Object:
    ports = (("http", 80), ("https", 443), ("health", INGRESS_HEALTH_PORT))
    fields = (("POD_NAME", "metadata.name"), ("POD_IPS", "status.podIPs"))
    return {
        "name": "controller",
        "image": IMAGE,
        "args": list(_WORDS),
        "env": [{"name": name, "valueFrom": {"fieldRef": {"fieldPath": at}}} for name, at in fields],
        "ports": [{"name": name, "containerPort": port} for name, port in ports],
        "readinessProbe": {
            "httpGet": {"path": "/healthz", "port": "health"},
            "periodSeconds": 1,
            "timeoutSeconds": 3,
        },
        "resources": {"requests": {"cpu": "50m", "memory": "64Mi"}},
    }
