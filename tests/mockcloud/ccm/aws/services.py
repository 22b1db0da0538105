"""Services and what they ask of AWS, for tests of what is decided."""

from mockcloud.ccm.aws.decide.wanted.annotations import PREFIX, annotations_of
from mockcloud.ccm.aws.decide.wanted.classic import classic_wanted
from mockcloud.ccm.aws.decide.wanted.network import network_wanted
from mockcloud.ccm.objects.services import parse_service
from testkit import objects

UID = "6a1e6f0c-8a5b-4b8e-9d4e-0f1e2d3c4b5a"
NAME = "a6a1e6f0c8a5b4b8e9d4e0f1e2d3c4b5"
HTTP = {"name": "http", "protocol": "TCP", "port": 80, "nodePort": 30080}
HTTPS = {"name": "https", "protocol": "TCP", "port": 443, "nodePort": 30443}
DNS = {"name": "dns", "protocol": "UDP", "port": 53, "nodePort": 30053}
ARN = "arn:aws:acm:eu-central-1:123456789012:certificate/c-1"


def service(*ports, annotations=(), **spec):
    """A Service of type LoadBalancer; `annotations` by what follows PREFIX."""
    told = {f"{PREFIX}{key}": value for key, value in dict(annotations).items()}
    given = {"type": "LoadBalancer", "ports": list(ports) or [HTTP], **spec}
    return parse_service(objects.service(metadata={"uid": UID, "annotations": told}, **given))


def network(*ports, annotations=(), **spec):
    wanted = service(*ports, annotations={"type": "nlb", **dict(annotations)}, **spec)
    return network_wanted(wanted, annotations_of(wanted.meta.annotations), "lab")


def classic(*ports, annotations=(), **spec):
    wanted = service(*ports, annotations=annotations, **spec)
    return classic_wanted(wanted, annotations_of(wanted.meta.annotations), "lab")
