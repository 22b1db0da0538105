"""What a namespace that cannot go yet says of it."""

from mockcloud.controllers.namespace.conditions import FINE, conditions


def thing(*finalizers):
    return {"metadata": {"name": "x", "finalizers": list(finalizers)}}


def said(found):
    return {each["type"]: (each["status"], each["message"]) for each in found if each["status"] == "True"}


def test_what_is_left_and_what_holds_it():
    """By resource and by finalizer, in upstream's words."""
    left = {"pods.": [thing("a/b"), thing()], "widgets.x.y": [thing("a/b", "c")], "secrets.": []}
    assert said(conditions(left, [], "t")) == {
        "NamespaceContentRemaining": (
            "True",
            "Some resources are remaining: pods. has 2 resource instances, "
            "widgets.x.y has 1 resource instances",
        ),
        "NamespaceFinalizersRemaining": (
            "True",
            "Some content in the namespace has finalizers remaining: a/b in 2 resource instances, "
            "c in 1 resource instances",
        ),
    }


def test_conditions_keep_the_time_at_which_they_turned():
    """All five are there from the beginning, and others' stay."""
    own = {"type": "mine", "status": "True"}
    first = conditions({"pods.": [thing()]}, [own], "t1")
    assert [each["type"] for each in first] == ["mine", *FINE]
    second = conditions({}, first, "t2")
    since = {each["type"]: each.get("lastTransitionTime") for each in second}
    assert since["NamespaceContentRemaining"] == "t2"
    assert since["NamespaceDeletionContentFailure"] == "t1"
