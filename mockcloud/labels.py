"""Labels and taints as command lines take them; the API's own complaints are in kube/resources/validation."""

import re
from typing import Final

ZONE: Final = "topology.kubernetes.io/zone"
_NAME: Final = r"[A-Za-z0-9](?:[\w.-]{0,61}[A-Za-z0-9])?"
_KEY: Final = re.compile(rf"(?:[a-z0-9](?:[a-z0-9.-]{{0,251}}[a-z0-9])?/)?{_NAME}", re.ASCII)
_VALUE: Final = re.compile(rf"(?:{_NAME})?", re.ASCII)
# pkg/kubelet/apis/well_known_labels.go, of those that have a meaning still
_ALLOWED: Final = (ZONE, "topology.kubernetes.io/region", "node.kubernetes.io/instance-type")
_ALLOWED_PREFIXES: Final = (".kubelet.kubernetes.io", ".node.kubernetes.io")
EFFECTS: Final = ("NoSchedule", "PreferNoSchedule", "NoExecute")


def is_key(text: str) -> bool:
    """Whether a label may be called so: NAME or PREFIX/NAME."""
    return _KEY.fullmatch(text) is not None


def is_value(text: str) -> bool:
    """Whether a label may have this value, which may be empty."""
    return _VALUE.fullmatch(text) is not None


def node_label(text: str) -> tuple[str, str]:
    """KEY=VALUE as kubelet's --node-labels takes it: of Kubernetes' own only what a node may say of itself.

    ValueError says what is wrong.
    """
    key, sign, value = text.partition("=")
    if not sign or not is_key(key) or not is_value(value):
        msg = f"{text!r} is no label: expected KEY=VALUE, such as {ZONE}=a"
        raise ValueError(msg)
    prefix = f".{key.rpartition('/')[0]}"
    is_kubernetes = prefix.endswith((".kubernetes.io", ".k8s.io"))
    if is_kubernetes and key not in _ALLOWED and not prefix.endswith(_ALLOWED_PREFIXES):
        msg = f"{key} is Kubernetes' own, and a node may not say it of itself: expected {', '.join(_ALLOWED)}"
        raise ValueError(msg)
    return key, value


def node_taint(text: str) -> dict[str, str]:
    """KEY[=VALUE]:EFFECT as kubelet's --register-with-taints takes it, as a Node has it; ValueError."""
    named, sign, effect = text.rpartition(":")
    key, has_value, value = named.partition("=")
    if not sign or not is_key(key) or not is_value(value) or effect not in EFFECTS:
        msg = f"{text!r} is no taint: expected KEY[=VALUE]:EFFECT, the effect one of {', '.join(EFFECTS)}"
        raise ValueError(msg)
    return {"key": key, **({"value": value} if has_value else {}), "effect": effect}
