"""Who may ask AWS' dialect."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class KeyPair:
    """Who signs, and with what."""

    id: str = "AKIAMOCKCLOUDEXAMPLE"
    secret: str = "mockcloud"  # nothing behind it is worth keeping
