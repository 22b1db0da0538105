"""recvmmsg and sendmmsg on sockets that need no privilege."""

import errno
import os
import socket

import pytest

from baremetal_lb.link.batches import COUNT, Batch


@pytest.fixture
def pair():
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with ours, theirs:
        yield ours, theirs


def test_datagrams_arrive_in_their_slots_with_their_sizes(pair) -> None:
    """Sizes are each message's own; nothing waiting is zero."""
    ours, theirs = pair
    batch = Batch(16, 16)
    assert batch.receive(ours.fileno()) == 0
    for text in (b"a", b"bcd", b"0123456789abcdefXYZ"):
        theirs.send(text)
    assert batch.receive(ours.fileno()) == 3
    assert list(batch.sizes[:3]) == [1, 3, 16]
    assert bytes(batch.buffer[:1] + batch.buffer[16:19] + batch.buffer[32:48]) == b"abcd0123456789abcdef"


def test_first_slots_are_sent_each_as_long_as_said(pair) -> None:
    """Only `count` of them, and `length` bytes of each slot."""
    ours, theirs = pair
    batch = Batch(16, 4)
    batch.buffer[0:6], batch.buffer[16:22], batch.buffer[32:38] = b"first!", b"second", b"third!"
    assert batch.send(ours.fileno(), 2) == 2
    assert [theirs.recv(16), theirs.recv(16)] == [b"firs", b"seco"]
    theirs.setblocking(False)
    with pytest.raises(BlockingIOError):
        theirs.recv(16)


def test_full_receiver_takes_what_it_can(pair) -> None:
    """A send never waits: it says how many went."""
    ours, _ = pair
    batch, sent = Batch(16, 16), []
    while not sent or sent[-1]:
        sent.append(batch.send(ours.fileno(), COUNT))
    assert sum(sent) > 0


def test_what_is_no_socket_is_an_error_that_names_the_call(pair) -> None:
    """A mistake of ours is not passed over."""
    with open(os.devnull, "rb") as file, pytest.raises(OSError, match="recvmmsg"):
        Batch(16, 16).receive(file.fileno())


@pytest.mark.parametrize(
    "number", [errno.EAGAIN, errno.ENETDOWN, errno.ENODEV, errno.ENXIO, errno.EMSGSIZE, errno.EPERM]
)
def test_what_the_network_refuses_is_lost_and_no_error(number: int, monkeypatch) -> None:
    """An interface that goes, an MTU below the frame, a rule that forbids it: the answering goes on."""
    monkeypatch.setattr("ctypes.get_errno", lambda: number)
    monkeypatch.setattr("baremetal_lb.link.batches._send", lambda *_: -1)
    assert Batch(16, 16).send(0, 1) == 0
