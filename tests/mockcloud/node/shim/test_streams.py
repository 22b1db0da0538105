"""Containers' logs, and those who are attached."""

import os
import re

import pytest

from mockcloud.node.shim import streams
from mockcloud.node.shim.streams import Log, Output, Sink

LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z (stdout|stderr) ([FP]) (.*)")


@pytest.fixture
def folder(tmp_path):
    """A descriptor of the folder, as the holder has one."""
    (tmp_path / "logs").mkdir()
    found = os.open(tmp_path, os.O_PATH)
    yield found
    os.close(found)


def lines(tmp_path, name="0.log"):
    """(stream, tag, text) of each line; each must have the CRI's form."""
    found = (tmp_path / "logs" / name).read_text().splitlines()
    return [LINE.fullmatch(line).groups() for line in found]


def test_a_line_is_written_when_it_is_whole(tmp_path, folder):
    """Each stream for itself; what no newline ends is a line when the stream ends."""
    log = Log(folder, "logs/0.log")
    log.write("stdout", b"one\ntw")
    log.write("stderr", b"oh\n")
    log.write("stdout", b"o\n\nrest")
    assert lines(tmp_path) == [
        ("stdout", "F", "one"),
        ("stderr", "F", "oh"),
        ("stdout", "F", "two"),
        ("stdout", "F", ""),
    ]
    log.end("stdout")
    log.close()
    assert lines(tmp_path)[-1] == ("stdout", "F", "rest")


def test_a_long_line_comes_in_parts(tmp_path, folder):
    """P for all parts but the last, as containerd cuts it."""
    log = Log(folder, "logs/0.log")
    log.write("stdout", b"x" * 20000)
    log.write("stdout", b"y\n")
    log.close()
    found = lines(tmp_path)
    assert [tag for _, tag, _ in found] == ["P", "P", "F"]
    assert "".join(text for _, _, text in found) == "x" * 20000 + "y"


def test_a_full_log_is_renamed_and_few_are_kept(tmp_path, folder, monkeypatch):
    """The newest five files, as kubelet keeps them."""
    monkeypatch.setattr(streams, "FULL_BYTES", 100)
    for number in range(9):
        moment = f"20261121-00000{number}"
        monkeypatch.setattr(
            streams.time, "strftime", lambda form, _=None, at=moment: at if form[0:4] == "%Y%m" else form
        )
        log = Log(folder, "logs/0.log")
        log.write("stdout", b"%d" % number + b"x" * 80 + b"\n")
        log.close()
    names = sorted(path.name for path in (tmp_path / "logs").iterdir())
    assert names == ["0.log", *(f"0.log.20261121-00000{number}" for number in (5, 6, 7, 8))]


def test_an_attached_one_gets_what_is_written_from_then_on(tmp_path, folder):
    """And the log has all of it."""
    ours, theirs = os.pipe()
    output = Output(Log(folder, "logs/0.log"), {ours: "stdout"})
    os.write(theirs, b"before\n")
    assert output.pump(ours)
    heard, told = os.pipe()
    output.attach({"stdout": told})
    os.write(theirs, b"after")
    assert output.pump(ours)
    assert os.read(heard, 100) == b"after"
    os.close(theirs)
    assert not output.pump(ours)
    output.hang_up()
    output.close()
    assert os.read(heard, 100) == b""
    assert [text for _, _, text in lines(tmp_path)] == ["before", "after"]
    os.close(ours)
    os.close(heard)


def test_one_who_does_not_read_holds_up_nobody():
    """What the pipe has no room for waits, up to a bound; one who is gone is dropped."""
    heard, told = os.pipe()
    sink = Sink(told)
    assert sink.write(b"x" * 200_000)
    assert sink.behind
    assert not sink.write(b"x" * streams.MOST_BEHIND)
    os.close(heard)
    assert not sink.write(b"x")
    os.close(told)


@pytest.mark.parametrize(
    ("awaited", "size", "heard"),
    [
        pytest.param(True, 5, 5, id="kept"),
        pytest.param(False, 5, 0, id="nobody-is-awaited"),
        pytest.param(True, streams.MOST_EARLY + 1, 0, id="too-much-to-keep"),
    ],
)
def test_the_first_to_attach_gets_what_was_written_before(folder, awaited, size, heard):
    """`kubectl run -i` attaches a moment after the start; whoever comes second hears only what is new."""
    ours, theirs = os.pipe()
    output = Output(Log(folder, "logs/0.log"), {ours: "stdout"}, awaited=awaited)
    for _ in range(-(-size // 1000)):
        os.write(theirs, b"x" * min(size, 1000))
        output.pump(ours)
    first, second = os.pipe(), os.pipe()
    output.attach({"stdout": first[1]})
    output.attach({"stdout": second[1]})
    os.write(theirs, b"new")
    output.pump(ours)
    assert os.read(first[0], 1 << 20) == b"x" * heard + b"new"
    assert os.read(second[0], 1 << 20) == b"new"
    output.hang_up()
    output.close()
    for fd in (ours, theirs, first[0], second[0]):
        os.close(fd)


@pytest.mark.parametrize(
    ("read_after", "heard"),
    [
        pytest.param(0, b"one\ntwo\nask: ", id="nothing"),
        pytest.param(1, b"two\nask: ", id="the-first-line"),
        pytest.param(2, b"ask: ", id="all-lines"),
        pytest.param(3, b"ask: ", id="half-a-line-is-in-no-log-yet"),
    ],
)
def test_what_the_log_has_told_is_not_told_again(folder, read_after, heard):
    """kubectl 1.37 asks for the log and attaches then."""
    ours, theirs = os.pipe()
    output = Output(Log(folder, "logs/0.log"), {ours: "stdout"}, awaited=True)
    known = 0
    for number, said in enumerate((b"one\n", b"two\n", b"ask: "), 1):
        os.write(theirs, said)
        output.pump(ours)
        known = output.log.size if number == read_after else known
    attached, told = os.pipe()
    output.attach({"stdout": told}, known)
    assert os.read(attached, 100) == heard
    output.hang_up()
    output.close()
    for fd in (ours, theirs, attached):
        os.close(fd)
