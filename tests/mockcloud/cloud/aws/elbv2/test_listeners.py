"""elbv2's listeners through boto3."""

import pytest

from mockcloud.cloud.aws.certificates import certificate_arn
from mockcloud.cloud.core import certificates
from mockcloud.cloud.core.certificates import NewCertificate
from mockcloud.cloud.core.values import CertificateKind


@pytest.fixture
def certificate(do, catalogue):
    """The ARN of one that the cloud has made."""
    wanted = NewCertificate("web", CertificateKind.UPLOADED, ("web.example",), "PEM", "", 0.0, 1.0)
    made = do(lambda draft: certificates.create(draft, wanted, catalogue))
    return certificate_arn(made[0].id)


def test_a_listener_says_where_it_forwards(elbv2, balancer, group, listen):
    """In both of the ways that clients read."""
    made = listen(balancer, group, Tags=[{"Key": "a", "Value": "b"}])
    assert made["ListenerArn"].startswith(balancer.replace(":loadbalancer/", ":listener/") + "/")
    assert (made["LoadBalancerArn"], made["Port"], made["Protocol"]) == (balancer, 80, "TCP")
    (action,) = made["DefaultActions"]
    assert (action["Type"], action["TargetGroupArn"]) == ("forward", group)
    assert action["ForwardConfig"]["TargetGroups"] == [{"TargetGroupArn": group, "Weight": 1}]
    assert "SslPolicy" not in made
    assert elbv2.describe_listeners(LoadBalancerArn=balancer)["Listeners"] == [made]
    assert elbv2.describe_listeners(ListenerArns=[made["ListenerArn"]])["Listeners"] == [made]
    tags = elbv2.describe_tags(ResourceArns=[made["ListenerArn"], group])["TagDescriptions"]
    assert [each["Tags"] for each in tags] == [[{"Key": "a", "Value": "b"}], []]


def test_a_listener_is_changed_and_gone(elbv2, balancer, group, make_group, listen):
    """As the AWS controller does it for another node port: another group, then the old one goes."""
    made = listen(balancer, group)
    other = make_group("other", Port=30_081)["TargetGroupArn"]
    forward = [{"Type": "forward", "TargetGroupArn": other}]
    changed = elbv2.modify_listener(
        ListenerArn=made["ListenerArn"], Port=80, Protocol="TCP", DefaultActions=forward
    )["Listeners"][0]
    assert changed["ListenerArn"] == made["ListenerArn"]
    assert changed["DefaultActions"][0]["TargetGroupArn"] == other
    elbv2.delete_target_group(TargetGroupArn=group)
    elbv2.delete_listener(ListenerArn=made["ListenerArn"])
    absent = elbv2.exceptions.ListenerNotFoundException
    with pytest.raises(absent):
        elbv2.delete_listener(ListenerArn=made["ListenerArn"])
    with pytest.raises(absent, match="One or more"):
        elbv2.describe_listeners(ListenerArns=[made["ListenerArn"]])


def test_a_listener_of_tls_shows_its_certificate_until_it_speaks_tcp(
    elbv2, balancer, group, listen, certificate
):
    """Then it has neither that nor a policy."""
    shown = [{"CertificateArn": certificate}]
    made = listen(balancer, group, 443, "TLS", Certificates=shown)
    assert (made["Certificates"], made["SslPolicy"]) == (shown, "ELBSecurityPolicy-2016-08")
    plain = elbv2.modify_listener(ListenerArn=made["ListenerArn"], Protocol="TCP")["Listeners"][0]
    assert plain.keys().isdisjoint({"Certificates", "SslPolicy"})
    with pytest.raises(elbv2.exceptions.CertificateNotFoundException):
        listen(balancer, group, 444, "TLS", Certificates=[{"CertificateArn": certificate[:-1] + "f"}])
    with pytest.raises(elbv2.exceptions.ClientError, match="A certificate must be specified"):
        listen(balancer, group, 444, "TLS")


def test_the_idle_timeout_of_tcp_is_the_listeners(elbv2, balancer, group, listen):
    """350 seconds, to be changed."""
    arn = listen(balancer, group)["ListenerArn"]
    expected = [{"Key": "tcp.idle_timeout.seconds", "Value": "350"}]
    assert elbv2.describe_listener_attributes(ListenerArn=arn)["Attributes"] == expected
    shorter = [{"Key": "tcp.idle_timeout.seconds", "Value": "60"}]
    assert elbv2.modify_listener_attributes(ListenerArn=arn, Attributes=shorter)["Attributes"] == shorter


def test_an_application_balancer_redirects_and_answers(elbv2, subnets):
    """What is not said of a redirect stays as it came."""
    made = elbv2.create_load_balancer(Name="app", Subnets=subnets[:2])["LoadBalancers"][0]
    redirect = {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}
    answer = {"StatusCode": "404", "ContentType": "text/plain", "MessageBody": "nobody"}
    arn = made["LoadBalancerArn"]
    (first,) = elbv2.create_listener(
        LoadBalancerArn=arn,
        Protocol="HTTP",
        Port=80,
        DefaultActions=[{"Type": "redirect", "RedirectConfig": redirect}],
    )["Listeners"][0]["DefaultActions"]
    rest = {"Host": "#{host}", "Path": "/#{path}", "Query": "#{query}"}
    assert first["RedirectConfig"] == {**redirect, **rest}
    (second,) = elbv2.create_listener(
        LoadBalancerArn=arn,
        Protocol="HTTP",
        Port=81,
        DefaultActions=[{"Type": "fixed-response", "FixedResponseConfig": answer}],
    )["Listeners"][0]["DefaultActions"]
    assert second["FixedResponseConfig"] == answer


def test_each_mistake_has_its_exception(elbv2, balancer, group, make_group, listen, subnets):
    """Those that botocore's model has."""
    raised = elbv2.exceptions
    listen(balancer, group)
    udp = make_group("udp", Protocol="UDP")["TargetGroupArn"]
    with pytest.raises(raised.DuplicateListenerException):
        listen(balancer, udp, protocol="UDP")
    with pytest.raises(raised.IncompatibleProtocolsException):
        listen(balancer, udp, 81)
    with pytest.raises(raised.UnsupportedProtocolException):
        listen(balancer, group, 81, "HTTP")
    with pytest.raises(raised.LoadBalancerNotFoundException):
        listen(balancer[:-1] + "0", group, 81)
    with pytest.raises(raised.TargetGroupNotFoundException):
        listen(balancer, group[:-1] + "0", 81)
    two = [{"Type": "forward", "TargetGroupArn": group, "Order": order} for order in (1, 2)]
    with pytest.raises(raised.TooManyActionsException):
        listen(balancer, group, 81, DefaultActions=two)
    with pytest.raises(raised.InvalidLoadBalancerActionException):
        listen(balancer, group, 81, DefaultActions=[{"Type": "redirect"}])
    other = elbv2.create_load_balancer(Name="other", Type="network", Subnets=subnets[:1])["LoadBalancers"][0]
    with pytest.raises(raised.TargetGroupAssociationLimitException):
        listen(other["LoadBalancerArn"], group)
    with pytest.raises(raised.ClientError, match="either listener ARNs or a load balancer ARN"):
        elbv2.describe_listeners()
