"""Labels of objects as command lines take them; the API's own complaints are in kube/resources/validation."""

import re
from typing import Final

ZONE: Final = "topology.kubernetes.io/zone"
_NAME: Final = r"[A-Za-z0-9](?:[\w.-]{0,61}[A-Za-z0-9])?"
_KEY: Final = re.compile(rf"(?:[a-z0-9](?:[a-z0-9.-]{{0,251}}[a-z0-9])?/)?{_NAME}", re.ASCII)
_VALUE: Final = re.compile(rf"(?:{_NAME})?", re.ASCII)


def is_key(text: str) -> bool:
    """Whether a label may be called so: NAME or PREFIX/NAME."""
    return _KEY.fullmatch(text) is not None


def is_value(text: str) -> bool:
    """Whether a label may have this value, which may be empty."""
    return _VALUE.fullmatch(text) is not None
