"""Objects that are not as the API promises: each is left out with a reason, and stops nothing else.

The API checks little of what it is given (a Node's InternalIP may be `localhost`), and whoever reads all
objects of a kind must get along with the worst of them.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, TypeVar

from mockcloud.client.objects import Key, Object

View = TypeVar("View")
MALFORMED: Final = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What reading such an object may raise."""
MOST_WORDS: Final = 300

log = logging.getLogger(__name__)


def why(error: BaseException) -> str:
    """What is wrong, in a line of bounded length."""
    text = " ".join(str(error).split())[:MOST_WORDS]
    return text if isinstance(error, ValueError) and text else f"{type(error).__name__}: {text}"


def leaves(group: BaseExceptionGroup[BaseException]) -> Iterator[BaseException]:
    """The errors themselves, of however deeply nested task groups."""
    for each in group.exceptions:
        if isinstance(each, BaseExceptionGroup):
            yield from leaves(each)
        else:
            yield each


@contextmanager
def skipping(what: str, key: Key) -> Iterator[None]:
    """What an object breaks in here ends here; `what` is its kind, and what it is read for."""
    try:
        yield
    except MALFORMED as error:
        log.error("%s %s is left out, it cannot be used: %s", what, "/".join(filter(None, key)), why(error))


def readable(
    what: str, key: Key, convert: Callable[[Object], View | None], obj: Object | None
) -> View | None:
    """The object's view; None where there is no object, or none that can be read."""
    view = None
    if obj is not None:
        with skipping(what, key):
            view = convert(obj)
    return view
