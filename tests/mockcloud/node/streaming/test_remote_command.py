"""exec and attach against real programs, over a real WebSocket."""

import asyncio
import contextlib
import json
import os
import signal
from dataclasses import replace
from urllib.parse import urlencode

import pytest

from mockcloud.node.streaming.remote_command import one_uid

STDIN, STDOUT, STDERR, ERROR, RESIZE = range(5)
STREAMS = {"stdin": "input", "stdout": "output", "stderr": "error", "tty": "tty"}


def exec_path(*command, streams=("stdout", "stderr")):
    pairs = [*((STREAMS[name], "1") for name in streams), *(("command", word) for word in command)]
    return f"/exec/default/web/main?{urlencode(pairs)}"


@pytest.mark.parametrize(
    ("uid_map", "single"),
    [
        pytest.param("         0       1001          1\n", True, id="ordinary-user's-lab"),
        pytest.param("         0          0 4294967295\n", False, id="root's"),
        pytest.param("0 1001 1\n1 100000 65536\n", False, id="with-subordinate-ids"),
    ],
)
def test_tar_keeps_its_hands_off_owners_where_there_is_one_uid(uid_map, single):
    """Else `kubectl cp` of a file of uid 1001 ends with an error, though the file is there."""
    assert one_uid(uid_map) is single


async def test_output_and_exit_code(kubelet, hear_all):
    """Each stream on its channel, then the Status, then a normal close."""
    script = "echo out; echo err >&2; exit 3"
    async with kubelet.channels(exec_path("sh", "-c", script)) as socket:
        said = await hear_all(socket)
    assert (said.on(STDOUT), said.on(STDERR), said.close_code) == (b"out\n", b"err\n", 1000)
    assert said.status["details"]["causes"] == [{"reason": "ExitCode", "message": "3"}]


async def test_success_and_a_signal(kubelet, hear_all):
    """0 is Success; death by signal n is 128 + n."""
    async with kubelet.channels(exec_path("true")) as socket:
        assert (await hear_all(socket)).status == {"metadata": {}, "status": "Success"}
    async with kubelet.channels(exec_path("sh", "-c", "kill -9 $$")) as socket:
        assert (await hear_all(socket)).status["details"]["causes"][0]["message"] == "137"


async def test_a_program_that_is_not_there(kubelet, hear_all):
    """An internal error with the runtime's words, as with containerd."""
    async with kubelet.channels(exec_path("no-such-program")) as socket:
        said = await hear_all(socket)
    assert said.status["reason"] == "InternalError"
    assert "failed to exec in container" in said.status["message"]
    assert "no-such-program" in said.status["message"]


async def test_standard_input_ends_when_the_client_closes_it(kubelet, hear_all):
    """v5's close signal: `cat` ends by itself, with all it was told."""
    async with kubelet.channels(exec_path("cat", streams=("stdin", "stdout"))) as socket:
        await socket.send_bytes(b"\0one ")
        await socket.send_bytes(b"\0two")
        await socket.send_bytes(b"\xff\0")
        said = await hear_all(socket)
    assert said.on(STDOUT) == b"one two"
    assert said.status["status"] == "Success"


@pytest.mark.parametrize(
    ("protocol", "told", "heard", "status"),
    [
        pytest.param("v4.channel.k8s.io", "\0hi\n", b"\x01hi\n", b'\x03{"metadata": {}', id="v4-text-in"),
        pytest.param("v4.base64.channel.k8s.io", "0aGkK", "1aGkK", "3eyJtZXRhZ", id="v4-base64"),
        pytest.param("channel.k8s.io", b"\0hi\n", b"\x01hi\n", None, id="v1"),
        pytest.param("base64.channel.k8s.io", "0aGkK", "1aGkK", None, id="v1-base64"),
    ],
)
async def test_older_protocols(kubelet, protocol, told, heard, status):
    """The official Python client speaks v4, and sends text."""
    path = exec_path("head", "-n1", streams=("stdin", "stdout"))
    async with kubelet.channels(path, protocol) as socket:
        assert socket.protocol == protocol
        await (socket.send_str(told) if isinstance(told, str) else socket.send_bytes(told))
        messages = [message.data async for message in socket if len(message.data) > 1]
    assert messages[0] == heard
    if status is None:
        assert len(messages) == 1
    else:
        assert messages[1].startswith(status)


async def test_a_terminal_has_a_size_and_one_stream(kubelet):
    """Resizes reach the program; what it writes comes as a terminal shows it; programs know its name."""
    path = exec_path("sh", streams=("stdin", "stdout", "tty"))
    async with kubelet.channels(path) as socket:
        await socket.send_bytes(b'\x04{"Width":111,"Height":33}')
        await socket.send_bytes(b"\0stty size; tty; echo TERM is $TERM; exit 7\n")
        said = b""
        async for message in socket:
            if message.data[0] == STDOUT:
                said += message.data[1:]
            elif message.data[0] == ERROR:
                assert json.loads(message.data[1:])["details"]["causes"][0]["message"] == "7"
    assert b"33 111\r\n" in said
    assert b"/dev/pts/" in said
    assert b"TERM is xterm\r\n" in said


@pytest.mark.parametrize("streams", [("stdin", "stdout"), ("stdin", "stdout", "tty")])
async def test_a_program_ends_when_its_client_leaves(kubelet, streams):
    """By the end of its streams, or, if it does not care, by SIGKILL a second later."""
    script = "trap '' HUP; echo on; sleep 60; sleep 60"
    async with kubelet.channels(exec_path("sh", "-c", script, streams=streams)) as socket:
        while b"on" not in await socket.receive_bytes(timeout=90):
            pass
    (process,) = kubelet.inside.running
    assert await asyncio.wait_for(process.wait(), 60) == -9


async def test_what_orphans_write_does_not_hold_up_the_end(kubelet, hear_all):
    """A background job keeps the pipe open; the command itself has ended."""
    async with kubelet.channels(exec_path("sh", "-c", "sleep 300 & echo done")) as socket:
        said = await asyncio.wait_for(hear_all(socket), 60)
    os.killpg(kubelet.inside.running[0].pid, signal.SIGKILL)
    assert said.on(STDOUT) == b"done\n"


async def test_much_output_comes_whole_through_a_slow_reader(kubelet, until):
    """64 MiB to a client that rests first: the server holds back the program, and all arrives."""
    size, got = 64 << 20, 0
    async with kubelet.channels(exec_path("head", f"-c{size}", "/dev/zero")) as socket:
        await until(lambda: kubelet.inside.running)
        await asyncio.sleep(0.5)
        assert kubelet.inside.running[0].returncode is None, "it waits for its reader"
        async for message in socket:
            if message.data[0] == STDOUT:
                got += len(message.data) - 1
    assert got == size


@pytest.mark.parametrize(
    ("message", "code"),
    [
        pytest.param(b"\x07x", 1002, id="unknown-channel"),
        pytest.param(b"\x01x", 1002, id="output-channel"),
        pytest.param(b"\xff\x09", 1002, id="close-of-nothing"),
        pytest.param(b"\x04not json", 1002, id="no-size"),
    ],
)
async def test_garbage_closes_the_connection_with_a_reason(kubelet, hear_all, message, code):
    """A protocol error, with its words."""
    async with kubelet.channels(exec_path("cat", streams=("stdin", "stdout"))) as socket:
        await socket.send_bytes(message)
        assert (await hear_all(socket)).close_code == code


async def test_an_oversized_message_ends_the_connection_and_the_program(kubelet, hear_all):
    """1009; or 1006 where the client is told while it still sends."""
    async with kubelet.channels(exec_path("sleep", "60", streams=("stdin", "stdout"))) as socket:
        with contextlib.suppress(ConnectionError):
            await socket.send_bytes(b"\0" + bytes(5 << 20))
        assert (await hear_all(socket)).close_code in (1006, 1009)
    assert await asyncio.wait_for(kubelet.inside.running[0].wait(), 60) == -9


async def test_many_execs_leave_no_descriptors(kubelet, hear_all, until):
    """50 in a row, some of a terminal, some that fail: as many descriptors as before."""
    before = None
    for number in range(50):
        streams = ("stdin", "stdout", "tty") if number % 3 == 0 else ("stdin", "stdout", "stderr")
        command = ("true",) if number % 5 else ("no-such-program",)
        async with kubelet.channels(exec_path(*command, streams=streams)) as socket:
            await hear_all(socket)
        if number == 5:
            before = len(os.listdir("/proc/self/fd"))
    await until(lambda: len(os.listdir("/proc/self/fd")) <= before)


ATTACH = "/attach/default/web/main?output=1&error=1"


async def test_attached_one_hears_the_container_to_its_end(kubelet, hear_all):
    """What it writes from then on, by stream; then Success."""
    async with kubelet.channels(ATTACH) as socket:
        await socket.receive()
        out, err = kubelet.inside.attached
        os.write(out, b"out")
        os.write(err, b"err")
        os.close(out)
        os.close(err)
        said = await hear_all(socket)
    assert (said.on(STDOUT), said.on(STDERR), said.status["status"]) == (b"out", b"err", "Success")


async def test_attached_one_writes_to_the_container(kubelet, until):
    """Its standard input; with stdinOnce it ends when the client leaves."""
    reading, kubelet.inside.stdin = os.pipe()
    kubelet.pod.change(spec=replace(kubelet.pod.door_.spec, stdin=True, stdin_once=True))
    async with kubelet.channels(f"{ATTACH}&input=1") as socket:
        await socket.send_bytes(b"\0hello")
        assert await asyncio.to_thread(os.read, reading, 5) == b"hello"
    await until(lambda: kubelet.inside.stdin_ended)
    assert os.read(reading, 1) == b"", "the server's copy is closed"
    for fd in (reading, *kubelet.inside.attached):
        os.close(fd)


async def test_a_container_that_has_just_ended_cannot_be_attached_to(kubelet, hear_all):
    """kubectl run falls back to the log."""
    kubelet.inside.attached = None
    async with kubelet.channels(ATTACH) as socket:
        said = await hear_all(socket)
    assert said.status["message"] == (
        "Internal error occurred: error attaching to container: it has just ended"
    )


@pytest.mark.parametrize(
    ("options", "heard"),
    [
        pytest.param("", b"later\n", id="whole"),
        pytest.param("?tailLines=1", b"done\nlater\n", id="a-part"),
    ],
)
async def test_a_client_that_has_read_the_log_hears_only_the_rest(kubelet, hear_all, options, heard):
    """kubectl 1.37 reads the log before it attaches, and shows both."""
    kubelet.pod.change(running=False, spec=replace(kubelet.pod.door_.spec, stdin=True))
    kubelet.pod.listed.append(
        {"name": "main", "restartCount": 0, "state": {"running": {}}, "containerID": "x"}
    )
    kubelet.write_log(0, b"2026-01-01T00:00:01.000000001Z stdout F done\n")
    assert await kubelet.refusal(f"/containerLogs/default/web/main{options}") == (200, "done\n")
    kubelet.write_log(0, b"2026-01-01T00:00:02.000000001Z stdout F later\n")
    async with kubelet.channels(ATTACH) as socket:
        said = await hear_all(socket)
    assert (said.on(STDOUT), said.status["status"]) == (heard, "Success")


async def test_a_client_that_comes_when_all_is_over_still_hears_it(kubelet, hear_all):
    """`kubectl run -i` of a program that ends in a moment: once, and for containers with stdin."""
    kubelet.pod.change(running=False)
    kubelet.write_log(0, b"2026-01-01T00:00:01.000000001Z stdout F done\n")
    assert await kubelet.refusal(ATTACH) == (500, 'container not found ("main")')
    kubelet.pod.change(spec=replace(kubelet.pod.door_.spec, stdin=True))
    async with kubelet.channels(ATTACH) as socket:
        said = await hear_all(socket)
    assert (said.on(STDOUT), said.status["status"]) == (b"done\n", "Success")
    assert await kubelet.refusal(ATTACH) == (500, 'container not found ("main")')
