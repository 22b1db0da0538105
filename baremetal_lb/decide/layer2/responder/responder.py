"""What both protocols' responders share: their answers, and what is counted while they answer.

Only who answers adds to the counts; anybody may read them.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, MutableMapping, Sequence


class DropReason(StrEnum):
    """Why a frame got no reply."""

    MALFORMED = "malformed"
    NOT_A_REQUEST = "notARequest"
    OTHER_DESTINATION = "ethernetDestination"
    NOT_OURS = "announceIP"
    ANNOUNCEMENT = "announcement"  # sender and target are one: it tells, it does not ask
    HOP_LIMIT = "hopLimit"  # not 255: it came from beyond the link
    CHECKSUM = "checksum"
    CODE = "code"
    LENGTH = "length"
    TARGET = "target"  # a group
    SOURCE = "source"  # a group
    OPTION = "option"
    GROUP_SENDER = "groupSender"  # its sender's MAC is a group's
    PROBE = "probe"  # without a source, and not as duplicate address detection has it
    NOT_SENT = "notSent"  # the kernel had no room for the reply, or the link went down


class AnswerCounts:
    """Of one address on all interfaces: requests that were answered, replies of these that the kernel did not
    take, gratuitous frames sent. It goes when the address does.
    """

    __slots__ = ("answered", "shouted", "unsent")

    def __init__(self) -> None:
        self.answered = 0
        self.unsent = 0
        self.shouted = 0


def no_drops() -> dict[DropReason, int]:
    """Nothing dropped so far; every reason is there from the beginning, so that no key is ever added."""
    return dict.fromkeys(DropReason, 0)


class Tally(Protocol):
    """Where one address's replies are counted."""

    answered: int
    unsent: int


class Prepared(Protocol):
    """What is known beforehand of the reply for one address."""

    @property
    def tally(self) -> Tally:
        """Where its replies are counted."""
        ...


P = TypeVar("P", bound=Prepared)


class Responder(Generic[P]):
    """The answers of one interface, by an address's bytes.

    A protocol's own class says how far apart frames are in buffers (`slot`), how long a reply is (`frame`),
    and where in it the address stands (`about`).
    """

    slot: ClassVar[int]
    frame: ClassVar[int]
    about: ClassVar[slice]
    __slots__ = ("answers", "drops", "mac")

    def __init__(
        self, mac: bytes, answers: Mapping[bytes, P], drops: MutableMapping[DropReason, int] | None = None
    ) -> None:
        self.mac = mac
        self.answers = dict(answers)
        self.drops = no_drops() if drops is None else drops

    def answer_also(self, more: Mapping[bytes, P]) -> None:
        """Answer for these addresses, too, from the next batch on."""
        self.answers.update(more)

    def answer_no_more(self, addresses: Collection[bytes]) -> None:
        """Be silent about these addresses from the next batch on."""
        for each in addresses:
            self.answers.pop(each, None)

    def reply(self, requests: bytearray, sizes: Sequence[int], count: int, replies: bytearray) -> int:
        """Answer `count` slots of `requests` into the first slots of `replies`; the number of replies."""
        raise NotImplementedError

    def unsend(self, replies: bytearray, sent: int, written: int) -> None:
        """Of the last replies only the first `sent` left: count the others as dropped."""
        for slot in range(sent, written):
            answer = self.answers.get(bytes(replies[slot * self.slot :][self.about]))
            if answer is not None:
                answer.tally.unsent += 1
            self.drops[DropReason.NOT_SENT] += 1
