"""What the daemon is told: which cluster, which VPC; where its cloud is, it has from AWS' own variables."""

import argparse
import configparser
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mockcloud.arguments import add_kubeconfig, add_log_level, kubeconfig

REGION: Final = ("AWS_REGION", "AWS_DEFAULT_REGION")
CLUSTER, VPC = "KubernetesClusterID", "VPC"


@dataclass(frozen=True, slots=True)
class Settings:
    """All of it."""

    kubeconfig: str
    cluster: str
    vpc: str
    region: str
    log_level: str


def read_settings(argv: Sequence[str], environment: Mapping[str, str]) -> Settings:
    """ValueError names what is missing, and where it may stand."""
    options = _parser(environment).parse_args(argv)
    told = _cloud_config(options.cloud_config) if options.cloud_config else {}
    cluster = options.cluster_name or told.get(CLUSTER.lower(), "")
    vpc = options.vpc or told.get(VPC.lower(), "")
    if not cluster:
        msg = (
            "the cluster has no name: what is made in the cloud is tagged with it;"
            f" expected --cluster-name, CLUSTER_NAME, or {CLUSTER} in --cloud-config"
        )
        raise ValueError(msg)
    if not vpc:
        msg = f"the VPC is not known: expected --vpc, MOCKCLOUD_VPC_ID, or {VPC} in --cloud-config"
        raise ValueError(msg)
    region = next((environment[each] for each in REGION if environment.get(each)), "")
    if not region:
        msg = f"the region is not known: expected {' or '.join(REGION)} in the environment"
        raise ValueError(msg)
    return Settings(kubeconfig(options), cluster, vpc, region, options.log_level)


def _cloud_config(path: str) -> dict[str, str]:
    """[Global] of the file that AWS' own controller reads (`mockcloud cloud env --cloud-conf`)."""
    # Gcfg, of which it is, lets a value stand in quotation marks and a key without one.
    parser = configparser.ConfigParser(allow_no_value=True, interpolation=None, strict=False)
    try:
        parser.read_string(Path(path).read_text(), path)
    except (OSError, configparser.Error, UnicodeDecodeError) as error:
        msg = f"--cloud-config {path}: it cannot be read: {' '.join(str(error).split())}"
        raise ValueError(msg) from error
    found = dict(parser["Global"]) if parser.has_section("Global") else {}
    return {key: (value or "").strip().strip('"') for key, value in found.items()}


def _parser(environment: Mapping[str, str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="mockcloud.ccm",
        description="The cloud controller manager in the box, for AWS. Its cloud and its key pair it"
        " has from AWS_ENDPOINT_URL, AWS_REGION, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.",
    )
    add_kubeconfig(parser)
    parser.add_argument(
        "--cluster-name",
        default=environment.get("CLUSTER_NAME"),
        help="in the tags of what it makes (default: $CLUSTER_NAME)",
    )
    parser.add_argument(
        "--vpc", default=environment.get("MOCKCLOUD_VPC_ID"), help="its id (default: $MOCKCLOUD_VPC_ID)"
    )
    parser.add_argument(
        "--cloud-config",
        metavar="FILE",
        default=environment.get("CLOUD_CONFIG"),
        help="the file of AWS' own controller: [Global] with KubernetesClusterID and VPC",
    )
    add_log_level(parser)
    return parser
