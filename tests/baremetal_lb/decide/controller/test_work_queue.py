"""The queue of keys: first in, first out, each once and never twice at a time."""

from baremetal_lb.decide.controller.work_queue import WorkQueue
from baremetal_lb.model.objects import ObjectKey

A, B, C = (ObjectKey("x", name) for name in "abc")


def test_a_key_that_comes_in_while_in_work_comes_again():
    """And one that waits already does not come twice."""
    queue = WorkQueue(workers=2)
    for key in (A, B, A):
        queue.add(key)
    assert len(queue) == 2
    first = queue.take()
    queue.add(A)
    second = queue.take()
    queue.done(second)
    assert not queue.is_idle
    queue.done(first)
    third = queue.take()
    assert len(queue) == 0
    queue.done(third)
    assert [first, second, third] == [A, B, A]
    assert queue.is_idle


def test_no_more_are_in_work_than_there_are_workers():
    """The next one waits until one is done."""
    queue = WorkQueue(workers=2)
    for key in (A, B, C):
        queue.add(key)
    assert [queue.take() for _ in range(3)] == [A, B, None]
    queue.done(B)
    assert queue.take() == C
