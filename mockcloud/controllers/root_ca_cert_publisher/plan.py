"""What the ConfigMap is, and whether one is it."""

from typing import Final

from mockcloud.client.objects import Object

NAME: Final = "kube-root-ca.crt"
KEY: Final = "ca.crt"
DESCRIPTION: Final = "kubernetes.io/description"
# As kube-controller-manager writes it: clients of a real cluster find the same.
TEXT: Final = (
    "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such "
    "as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across "
    "distributions of Kubernetes clusters."
)


def wanted(namespace: str, authorities: str) -> Object:
    """The ConfigMap of a namespace; `authorities` is PEM text."""
    metadata = {"name": NAME, "namespace": namespace, "annotations": {DESCRIPTION: TEXT}}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {KEY: authorities}}


def correction(present: Object, authorities: str) -> Object | None:
    """The merge patch that makes it right, None where it is."""
    data = present.get("data") or {}
    annotations = present["metadata"].get("annotations") or {}
    if data == {KEY: authorities} and annotations.get(DESCRIPTION) == TEXT:
        return None
    others = dict.fromkeys(key for key in data if key != KEY)
    return {
        "metadata": {"annotations": {DESCRIPTION: TEXT}},
        "data": {**others, KEY: authorities},
        "binaryData": None,
    }
