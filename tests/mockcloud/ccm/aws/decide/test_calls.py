from mockcloud.ccm.aws.decide.calls import Made, resolved, tag_list


def test_what_an_earlier_answer_has_takes_its_place():
    """However deep it stands, in lists and mappings."""
    answers = {"balancer": {"LoadBalancers": [{"LoadBalancerArn": "arn:1"}]}}
    arn = Made("balancer", ("LoadBalancers", 0, "LoadBalancerArn"))
    assert resolved({"a": arn, "b": [{"c": arn}, "d"], "e": (1, arn)}, answers) == {
        "a": "arn:1",
        "b": [{"c": "arn:1"}, "d"],
        "e": [1, "arn:1"],
    }


def test_tags_are_told_in_a_fixed_order():
    """So that two calls with the same tags are the same call."""
    assert tag_list({"b": "2", "a": "1"}) == [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]
