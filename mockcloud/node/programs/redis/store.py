"""What the stand-in for Redis keeps, and the table of its commands. Values are strings."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from mockcloud.node.programs.redis.wire import SimpleError
from mockcloud.node.programs.serving import Connection, Identity

ANY: Final = 1 << 20
Arguments = list[str]


class WrongUse(Exception):
    """The text of the error that the client gets."""


class Store:
    """All keys, each with its value and the moment of its end."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self._held: dict[str, tuple[str, float | None]] = {}

    def get(self, key: str) -> str | None:
        """The value, or None where there is none any more."""
        value, ends = self._held.get(key, (None, None))
        if ends is not None and ends <= now():
            del self._held[key]
            return None
        return value

    def set(self, key: str, value: str, ends: float | None = None) -> None:
        """Seconds since the epoch end it; None: nothing does."""
        self._held[key] = (value, ends)

    def ends(self, key: str) -> float | None:
        """When the key will end."""
        return self._held[key][1]

    def delete(self, key: str) -> bool:
        """Whether it was there."""
        return self.get(key) is not None and self._held.pop(key, None) is not None

    def names(self) -> list[str]:
        """Those that live."""
        return [key for key in list(self._held) if self.get(key) is not None]

    def clear(self) -> None:
        """Forget all."""
        self._held.clear()

    def dumped(self) -> dict[str, tuple[str, float | None]]:
        """What to keep over a restart."""
        return dict(self._held)

    def load(self, dumped: dict[str, tuple[str, float | None]]) -> None:
        """What was kept."""
        self._held.update({key: (value, ends) for key, (value, ends) in dumped.items()})


@dataclass(slots=True)
class Client:
    """One connection's state."""

    store: Store
    connection: Connection
    identity: Identity
    protocol: int = 2
    name: str = ""
    leaving: bool = False
    queued: "list[tuple[Command, Arguments]] | None" = None  # since MULTI


@dataclass(frozen=True, slots=True)
class Command:
    """What to run, and how many arguments it takes."""

    run: Callable[[Client, Arguments], object]
    least: int
    most: int


COMMANDS: Final[dict[str, Command]] = {}
Handler = Callable[[Client, Arguments], object]


def now() -> float:
    """Seconds since the epoch."""
    return time.time()  # noqa: TID251 - expiry is told in it (PEXPIREAT), and a restart must not lengthen it


def command(*names: str, least: int = 0, most: int = ANY) -> Callable[[Handler], Handler]:
    """Enter a handler under its names."""

    def entered(run: Handler) -> Handler:
        COMMANDS.update(dict.fromkeys(names, Command(run, least, most)))
        return run

    return entered


def outcome(client: Client, run: Command, words: Arguments) -> object:
    """The reply to a command; an error is a value too."""
    try:
        with client.store.lock:
            return run.run(client, words)
    except WrongUse as error:
        return SimpleError(str(error))
