"""The one door to botocore: its models of the services. Read when the first request of a service comes."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

Shape = Any  # botocore has no types

# By the version that each request names: two services sign alike.
BY_VERSION: Final = {
    "2011-06-15": "sts",
    "2012-06-01": "elb",
    "2015-12-01": "elbv2",
    "2016-11-15": "ec2",
}
SIGNING_NAMES: Final = {
    "sts": "sts",
    "elb": "elasticloadbalancing",
    "elbv2": "elasticloadbalancing",
    "ec2": "ec2",
}


@cache
def service_model(service: str) -> Any:  # noqa: ANN401 - botocore has no types
    """Of a service, by botocore's name. 0.2 s and 25 MiB for ec2, little for the others; once a process."""
    from botocore.loaders import Loader
    from botocore.model import ServiceModel

    return ServiceModel(Loader().load_service_model(service, "service-2"), service)


def operation_names(service: str) -> frozenset[str]:
    """All that the service has."""
    return frozenset(service_model(service).operation_names)


@cache
def operation_model(service: str, operation: str) -> Any:  # noqa: ANN401
    """Of an operation that the service has."""
    return service_model(service).operation_model(operation)


def protocol(service: str) -> str:
    """Of a service: query or ec2."""
    return "ec2" if service == "ec2" else "query"
