"""Who forwards to whom."""

from mockcloud.cloud.core.elastic import frontends, lookup
from mockcloud.cloud.core.elastic.frontends import NewFrontend
from mockcloud.cloud.core.elastic_values import Protocol
from tests.mockcloud.cloud.core.elastic.cloud import Cloud, forward


def test_a_listener_may_forward_to_several_groups_and_uses_them_all():
    """Each is in use by its balancer, once."""
    cloud = Cloud()
    one, other, idle = (cloud.group(name) for name in ("one", "other", "idle"))
    balancer = cloud.balancer()
    for port in (80, 81):
        wanted = NewFrontend(Protocol.TCP, port, forward(one.id, other.id))
        cloud.do(lambda draft, w=wanted: frontends.create(draft, balancer, w, cloud.catalogue))
    assert lookup.users_by_group(cloud.state) == {one.id: [balancer.id], other.id: [balancer.id]}
    assert lookup.groups_of(cloud.state, balancer.id) == [one, other]
    assert [each.port for each in lookup.frontends_of(cloud.state, balancer.id)] == [80, 81]
    assert lookup.user_of(cloud.state, one.id) == balancer
    assert lookup.user_of(cloud.state, idle.id) is None
