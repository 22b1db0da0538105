"""What a pod's volumes are made of. Nouns only."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

DEFAULT_MODE: Final = 0o644
TOKEN_SECONDS: Final = 3600


class Kind(StrEnum):
    """What a variable or a file can come from; the value is kubelet's word for it in messages."""

    CONFIG_MAP = "ConfigMap"
    SECRET = "Secret"


@dataclass(frozen=True, slots=True)
class Item:
    """One key, and the file that it becomes."""

    key: str
    path: str
    mode: int | None = None


@dataclass(frozen=True, slots=True)
class Keys:
    """A ConfigMap or Secret as files: its `items`, or every key where there are none."""

    kind: Kind
    name: str
    items: tuple[Item, ...] = ()
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Downward:
    """Fields of the pod as files: `field` is a path as metadata.labels, or limits.cpu of a container."""

    field: str
    path: str
    mode: int | None = None
    container: str = ""  # for resources
    divisor: str = "0"


@dataclass(frozen=True, slots=True)
class Token:
    """A token of the pod's service account as a file; without an audience it is for the API."""

    path: str
    audience: str = ""
    seconds: int = TOKEN_SECONDS  # how long it is to be good; the API may choose another time


Source = Keys | Downward | Token


@dataclass(frozen=True, slots=True)
class Files:
    """ConfigMaps, Secrets, fields and tokens as files (configMap, secret, downwardAPI, projected)."""

    sources: tuple[Source, ...]
    mode: int = DEFAULT_MODE


@dataclass(frozen=True, slots=True)
class EmptyDir:
    """A folder that lives as long as the pod; of memory, so many bytes of it ("": half of the machine's)."""

    memory: bool = False
    size: str = ""


@dataclass(frozen=True, slots=True)
class Claim:
    """A folder that outlives the pod (persistentVolumeClaim)."""

    name: str
    read_only: bool = False


@dataclass(frozen=True, slots=True)
class HostPath:
    """Something of the node's; `kind` is its type, as File or DirectoryOrCreate."""

    path: str
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Unsupported:
    """A volume that nothing here can provide."""

    kind: str


Content = Files | EmptyDir | Claim | HostPath | Unsupported


@dataclass(frozen=True, slots=True)
class Volume:
    """One entry of spec.volumes."""

    name: str
    content: Content
