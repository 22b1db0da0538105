"""elbv2: listeners, and what they do with what comes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from mockcloud.cloud.aws.certificates import find_certificate
from mockcloud.cloud.aws.elbv2 import arns, rendering
from mockcloud.cloud.aws.elbv2.balancers import BAD_MARKER, PAGE, read_attributes
from mockcloud.cloud.aws.elbv2.groups import read_protocol
from mockcloud.cloud.aws.errors import AwsError
from mockcloud.cloud.aws.paging import PageWish, by_number, page
from mockcloud.cloud.aws.tagging import read_tags
from mockcloud.cloud.core.elastic import frontends
from mockcloud.cloud.core.elastic.attributes import frontend_attributes
from mockcloud.cloud.core.elastic.frontends import NewFrontend
from mockcloud.cloud.core.elastic.lookup import frontends_of
from mockcloud.cloud.core.elastic_values import Action, Forward, Routing

if TYPE_CHECKING:
    from mockcloud.cloud.core.elastic_values import Frontend
    from mockcloud.cloud.core.values import Balancer
    from mockcloud.cloud.service import CloudService

Shape = dict[str, Any]
_REDIRECT: Final = {
    "Protocol": "#{protocol}",
    "Port": "#{port}",
    "Host": "#{host}",
    "Path": "/#{path}",
    "Query": "#{query}",
}


def create(cloud: CloudService, wanted: Shape) -> Shape:
    """CreateListener."""
    balancer = arns.balancer_of(cloud.state, wanted["LoadBalancerArn"])
    for name, what in (("Protocol", "A protocol"), ("Port", "A port")):
        if wanted.get(name) is None:
            raise AwsError("ValidationError", f"{what} must be specified")
    made = NewFrontend(
        read_protocol(wanted["Protocol"]),
        wanted["Port"],
        _action(cloud, wanted["DefaultActions"]),
        _certificate(cloud, wanted),
        wanted.get("SslPolicy", ""),
        _alpn(wanted),
        read_tags(wanted.get("Tags", [])),
    )
    _no_client_certificates(wanted)
    found = cloud.run(lambda draft: frontends.create(draft, balancer, made, cloud.catalogue))
    return {"Listeners": [rendering.listener(cloud, balancer, found)]}


def describe(cloud: CloudService, wanted: Shape) -> Shape:
    """DescribeListeners."""
    owner, texts = wanted.get("LoadBalancerArn"), wanted.get("ListenerArns")
    if bool(owner) is bool(texts):
        message = "You must specify either listener ARNs or a load balancer ARN"
        raise AwsError("ValidationError", message)
    if owner:
        balancer = arns.balancer_of(cloud.state, owner)
        found = [(balancer, each) for each in frontends_of(cloud.state, balancer.id)]
    else:
        found = _named(cloud, wanted["ListenerArns"])
    wish = PageWish(wanted.get("PageSize", PAGE), wanted.get("Marker"), BAD_MARKER)
    rows, marker = page(found, lambda each: by_number(each[1].id), wish)
    return {
        "Listeners": [rendering.listener(cloud, balancer, each) for balancer, each in rows],
        "NextMarker": marker,
    }


def _named(cloud: CloudService, texts: list[str]) -> list[tuple[Balancer, Frontend]]:
    try:
        return [arns.listener_of(cloud.state, text) for text in texts]
    except AwsError as error:
        if error.code == "ListenerNotFound":
            raise AwsError("ListenerNotFound", "One or more listeners not found") from error
        raise


def modify(cloud: CloudService, wanted: Shape) -> Shape:
    """ModifyListener; what is not given stays."""
    balancer, before = arns.listener_of(cloud.state, wanted["ListenerArn"])
    _no_client_certificates(wanted)
    after = replace(
        before,
        port=wanted.get("Port", before.port),
        protocol=read_protocol(wanted["Protocol"]) if "Protocol" in wanted else before.protocol,
        action=_action(cloud, wanted["DefaultActions"]) if "DefaultActions" in wanted else before.action,
        certificate=_certificate(cloud, wanted) if "Certificates" in wanted else before.certificate,
        tls_policy=wanted.get("SslPolicy", before.tls_policy),
        alpn=_alpn(wanted) if "AlpnPolicy" in wanted else before.alpn,
    )
    changed = cloud.run(lambda draft: frontends.modify(draft, before, after, cloud.catalogue))
    return {"Listeners": [rendering.listener(cloud, balancer, changed)]}


def delete(cloud: CloudService, wanted: Shape) -> Shape:
    """DeleteListener."""
    _, found = arns.listener_of(cloud.state, wanted["ListenerArn"])
    cloud.run(lambda draft: frontends.delete(draft, found))
    return {}


def describe_attributes(cloud: CloudService, wanted: Shape) -> Shape:
    """DescribeListenerAttributes."""
    _, found = arns.listener_of(cloud.state, wanted["ListenerArn"])
    return rendering.attributes(frontend_attributes(found))


def modify_attributes(cloud: CloudService, wanted: Shape) -> Shape:
    """ModifyListenerAttributes."""
    _, found = arns.listener_of(cloud.state, wanted["ListenerArn"])
    given = read_attributes(wanted)
    changed = cloud.run(lambda draft: frontends.change_attributes(draft, found, given))
    return rendering.attributes(frontend_attributes(changed))


def _action(cloud: CloudService, given: list[Shape]) -> Action:
    if len(given) != 1:
        code = "TooManyActions" if given else "ValidationError"
        raise AwsError(code, f"exactly one default action must be specified, not {len(given)}")
    asked = given[0]
    kind = asked["Type"]
    if kind == Routing.FORWARD:
        return _forward(cloud, asked)
    if kind == Routing.REDIRECT and "RedirectConfig" in asked:
        return Action(Routing.REDIRECT, options={**_REDIRECT, **asked["RedirectConfig"]})
    if kind == Routing.FIXED_RESPONSE and "FixedResponseConfig" in asked:
        return Action(Routing.FIXED_RESPONSE, options=dict(asked["FixedResponseConfig"]))
    message = f"An action of type '{kind}' is not supported, or its configuration is missing"
    raise AwsError("InvalidLoadBalancerAction", message)


def _forward(cloud: CloudService, asked: Shape) -> Action:
    config = asked.get("ForwardConfig", {})
    targets = config.get("TargetGroups", [])
    single = asked.get("TargetGroupArn")
    if single and targets and [each.get("TargetGroupArn") for each in targets] != [single]:
        message = "The target group ARN and the forward config must name the same target group"
        raise AwsError("InvalidLoadBalancerAction", message)
    targets = targets or ([{"TargetGroupArn": single}] if single else [])
    if not targets:
        raise AwsError("ValidationError", "A target group ARN must be specified")
    forwards = tuple(
        Forward(arns.group_of(cloud.state, each.get("TargetGroupArn", "")).id, each.get("Weight", 1))
        for each in targets
    )
    sticky = config.get("TargetGroupStickinessConfig", {})
    seconds = sticky.get("DurationSeconds", 3600) if sticky.get("Enabled") else 0
    return Action(Routing.FORWARD, forwards, sticky_seconds=seconds)


def _certificate(cloud: CloudService, wanted: Shape) -> int | None:
    given = wanted.get("Certificates", [])
    if not given:
        return None
    if len(given) > 1:
        raise AwsError("TooManyCertificates", f"exactly one certificate must be specified, not {len(given)}")
    text = given[0].get("CertificateArn", "")
    found = find_certificate(cloud.state, text)
    if found is None:
        raise AwsError("CertificateNotFound", f"Certificate '{text}' not found")
    return found.id


def _alpn(wanted: Shape) -> str:
    given = wanted.get("AlpnPolicy", [])
    return given[0] if given else ""


def _no_client_certificates(wanted: Shape) -> None:
    mode = wanted.get("MutualAuthentication", {}).get("Mode", "off")
    if mode != "off":
        message = f"this cloud's listeners ask for no client certificates: mode '{mode}'"
        raise AwsError("InvalidConfigurationRequest", message)
