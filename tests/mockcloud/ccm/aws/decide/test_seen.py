from mockcloud.ccm.aws.decide.seen import SecurityGroup, Seen, TargetGroup


def test_nothing_is_seen_only_where_nothing_is_left():
    """Each part counts."""
    assert Seen().nothing
    assert not Seen(groups=(TargetGroup("a", "n", "TCP", 1, {}, attached=False),)).nothing
    assert not Seen(own_security_group=SecurityGroup("sg-1", "n", {})).nothing
