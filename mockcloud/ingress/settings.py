"""The command line of the Ingress controller, parsed and checked once."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mockcloud.arguments import add_log_level
from mockcloud.cluster_defaults import INGRESS_CONTROLLER, INGRESS_NAME, INGRESS_NAMESPACE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mockcloud.client.objects import Key


@dataclass(frozen=True, slots=True)
class Settings:
    """What one controller is told."""

    controller: str
    service: Key
    pod: str
    ipv6: bool
    log_level: str


def parse(argv: Sequence[str]) -> Settings:
    """The settings; SystemExit(2) with a usage message where something is wrong."""
    parser = argparse.ArgumentParser(prog=INGRESS_NAME, description=__doc__)
    parser.add_argument(
        "--controller",
        default=INGRESS_CONTROLLER,
        help="spec.controller of the IngressClasses that are served",
    )
    parser.add_argument(
        "--publish-service",
        default=f"{INGRESS_NAMESPACE}/{INGRESS_NAME}",
        metavar="NAMESPACE/NAME",
        type=_key,
        help="the Service whose external addresses Ingresses get",
    )
    parser.add_argument("--pod", default="", help="this pod's name, for Events")
    parser.add_argument("--pod-ips", default="", metavar="IP,...", help="IPv6 is served where one is of it")
    add_log_level(parser)
    options = parser.parse_args(argv)
    return Settings(
        options.controller, options.publish_service, options.pod, ":" in options.pod_ips, options.log_level
    )


def _key(text: str) -> Key:
    namespace, slash, name = text.partition("/")
    if not (namespace and slash and name):
        msg = f"{text!r}: expected NAMESPACE/NAME"
        raise argparse.ArgumentTypeError(msg)
    return namespace, name
