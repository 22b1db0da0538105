"""When a service account's token is renewed, as a kubelet decides it. Times in seconds."""

from dataclasses import dataclass
from typing import Final

from mockcloud.node.pods.files.sources import Files, Token
from mockcloud.node.pods.spec import PodSpec

USED: Final = 0.8  # of its life
DAY: Final = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Issued:
    """A token, and from when until when it is good."""

    text: str
    begins: float
    ends: float

    @property
    def due(self) -> float:
        """When the next one is asked for: well before its end, and after a day in any case."""
        return self.begins + min((self.ends - self.begins) * USED, DAY)


def tokens_of(spec: PodSpec) -> frozenset[Token]:
    """All tokens that the pod's volumes have."""
    files = (volume.content for volume in spec.volumes if isinstance(volume.content, Files))
    return frozenset(one for content in files for one in content.sources if isinstance(one, Token))
