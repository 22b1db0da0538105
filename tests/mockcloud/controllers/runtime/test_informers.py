"""Collections: parsed once, found by index keys, told to listeners."""

from dataclasses import dataclass

from mockcloud.client.resources import PODS
from mockcloud.controllers.runtime.informers import Collection


@dataclass
class Script:
    """An informer that says what the test says."""

    listener: object = None
    resource: object = PODS

    def subscribe(self, listener):
        self.listener = listener


def collection():
    informer = Script()
    return informer, Collection(informer, lambda obj: obj["value"], lambda view: [("parity", view % 2)])


def test_a_collection_keeps_its_index_true_and_tells_each_change():
    """Add, change, remove: the index follows, listeners get the views before and after."""
    informer, numbers = collection()
    told = []
    numbers.subscribe(lambda key, old, new: told.append((key[1], old, new)))
    a, b = ("", "a"), ("", "b")
    informer.listener(a, None, {"value": 1})
    informer.listener(b, None, {"value": 3})
    assert numbers.having(("parity", 1)) == [1, 3]
    informer.listener(a, {"value": 1}, {"value": 2})
    assert numbers.having(("parity", 1)) == [3]
    assert numbers.having(("parity", 0)) == [2]
    informer.listener(b, {"value": 3}, None)
    assert numbers.having(("parity", 1)) == []
    assert (numbers.all(), numbers.get(a), numbers.get(b)) == ([2], 2, None)
    assert told == [("a", None, 1), ("b", None, 3), ("a", 1, 2), ("b", 3, None)]
