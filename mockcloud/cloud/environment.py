"""What clients find the cloud by: variables of their environment, and the AWS controller's cloud.conf."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mockcloud.cloud.keys import KeyPair

VPC_ID: Final = "MOCKCLOUD_VPC_ID"
REGION: Final = "eu-central-1"  # AWS' name of where it is
# What would make AWS' clients look elsewhere: to be unset.
IN_THE_WAY: Final = ("AWS_PROFILE", "AWS_SESSION_TOKEN")
# Services by the names that the controller compares, and those that they sign with.
_OVERRIDDEN: Final = {
    "EC2": "ec2",
    "Elastic Load Balancing": "elasticloadbalancing",
    "Elastic Load Balancing v2": "elasticloadbalancing",
}


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


def cloud_conf(url: str, ids: Mapping[str, str], cluster: str) -> str:
    """Of cloud-provider-aws, which asks no metadata service then; `ids` as of GET /_mock/environment."""
    sections = [
        "[Global]",
        f"Region = {REGION}",
        f"Zone = {REGION}a",
        f"VPC = {ids[VPC_ID]}",
        f"SubnetID = {ids['MOCKCLOUD_SUBNET_IDS'].partition(',')[0]}",
        f"KubernetesClusterID = {cluster}",
    ]
    for number, (service, signed) in enumerate(_OVERRIDDEN.items(), 1):
        sections += [
            f'[ServiceOverride "{number}"]',
            f'Service = "{service}"',
            f"Region = {REGION}",
            f'URL = "{url}"',
            f"SigningRegion = {REGION}",
            f"SigningName = {signed}",
        ]
    return "\n".join(sections) + "\n"
