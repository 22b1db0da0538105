"""What clients find the cloud by: variables of their environment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from mockcloud.cloud.keys import KeyPair

REGION: Final = "eu-central-1"  # AWS' name of where it is
# What would make AWS' clients look elsewhere: to be unset.
IN_THE_WAY: Final = ("AWS_PROFILE", "AWS_SESSION_TOKEN")


def environment(url: str, token: str, keys: KeyPair) -> dict[str, str]:
    """Of the cloud at a URL; of Hetzner's clients first, then of AWS'."""
    return {
        "HCLOUD_ENDPOINT": f"{url}/v1",
        "HCLOUD_TOKEN": token,
        "AWS_ENDPOINT_URL": url,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": keys.id,
        "AWS_SECRET_ACCESS_KEY": keys.secret,
    }
