"""What the guides type, by each real kubectl, in a lab: exec, run -it, attach, logs, port-forward, cp."""

import contextlib
import json
import os
import pty
import re
import select
import signal
import socket
import struct
import subprocess
import termios
import threading
import time
import urllib.request
from datetime import UTC, datetime, timedelta
from fcntl import ioctl
from pathlib import Path

import pytest

from testkit import objects

pytestmark = [pytest.mark.netns, pytest.mark.kubectl]
BOX = "trap 'exit 0' TERM; i=0; while :; do i=$((i+1)); echo line $i; echo err $i >&2; sleep 0.1; done"
REQUEST = r'[\d.]+ - - \[[^]]+\] "GET / HTTP/1\.[01]" 200 .*\n'  # a line of a web server's log
ON_NODE_1 = json.dumps({"spec": {"nodeName": "node-1", "terminationGracePeriodSeconds": 1}})


def pod(name, node, *containers, **spec):
    listed = [{"name": f"c{number}", **one} for number, one in enumerate(containers)]
    spec = {"nodeName": node, "terminationGracePeriodSeconds": 1, **spec}
    return objects.pod(name, *listed, namespace=None, metadata={"labels": {"app": "streams"}}, **spec)


def sh(script, **fields):
    return {"image": "busybox", "command": ["sh", "-c", script], **fields}


class Kubectl:
    """One kubectl and the lab's API."""

    def __init__(self, lab, binary):
        self.binary = binary
        home = str(lab.folder)
        self.environment = {**os.environ, "KUBECONFIG": str(lab.kubeconfig), "HOME": home}

    def run(self, *words, stdin=None, **more):
        return subprocess.run(
            [self.binary, *words],
            input=stdin,
            stdin=None if stdin is not None else subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=90,
            env={**self.environment, **more},
            check=False,
        )

    def __call__(self, *words, stdin=None):
        """What it printed; AssertionError with its complaint where it failed."""
        done = self.run(*words, stdin=stdin)
        assert done.returncode == 0, done.stderr
        return done.stdout

    @contextlib.contextmanager
    def start(self, *words, **more):
        """One that goes on; it is gone afterwards."""
        command = [self.binary, *words]
        with subprocess.Popen(
            command, env=self.environment, stdout=subprocess.PIPE, text=True, **more
        ) as process:
            try:
                yield process
            finally:
                process.kill()


def binaries():
    beside = Path(os.sys.executable).parent / "kubectl"
    found = [
        path for path in ("/usr/bin/kubectl", "/usr/local/bin/kubectl", str(beside)) if Path(path).exists()
    ]
    return list(dict.fromkeys(found))


@pytest.fixture(
    scope="module", params=binaries() or [""], ids=lambda path: "venv" if ".venv" in path else "system"
)
def kubectl(request, lab, pods):
    """Each kubectl that there is, in a lab where `pods` run."""
    return Kubectl(lab, request.param)


@pytest.fixture(scope="module")
def pods(lab):
    """`web` answers HTTP; `box` talks; `ears` says back; `dies` is restarted; `never` does not run."""
    if not binaries():
        pytest.skip("no kubectl binary found")
    listed = [
        pod("web", "node-2", {"image": "traefik/whoami", "ports": [{"containerPort": 80}]}),
        pod("box", "node-1", sh(BOX), sh("sleep 1000")),
        pod("ears", "node-1", sh("while read word; do echo heard $word; done", stdin=True, stdinOnce=True)),
        pod("dies", "node-1", sh("echo died; exit 1")),
        pod("never", "node-1", {"image": "no-such-image"}),
    ]
    kubectl = Kubectl(lab, binaries()[0])
    kubectl("apply", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": listed}))
    kubectl("wait", "--for=condition=Ready", "pod/web", "pod/box", "pod/ears", "--timeout=60s")


def test_exec_runs_a_command_and_hands_its_end_through(kubectl):
    """Both outputs, the exit code, in the container that is meant."""
    done = kubectl.run("exec", "box", "-c", "c1", "--", "sh", "-c", "echo out; echo err >&2; exit 3")
    assert (done.returncode, done.stdout) == (3, "out\n")
    assert done.stderr.splitlines() == ["err", "command terminated with exit code 3"]
    assert kubectl("exec", "web", "--", "hostname") == "web\n"


def test_exec_reads_standard_input_to_its_end(kubectl):
    """A megabyte through `-i`, and the command hears that it is over."""
    text = "0123456789abcdef" * (1 << 16)
    assert kubectl("exec", "-i", "box", "-c", "c1", "--", "cat", stdin=text) == text


def test_exec_takes_a_long_command(kubectl):
    """It is in the URL: 50,000 characters, as a real API server takes them."""
    script = f"echo {'x' * 50_000} | wc -c"
    assert kubectl("exec", "web", "--", "sh", "-c", script) == "50001\n"


@pytest.mark.parametrize(
    ("words", "why"),
    [
        pytest.param(("none", "--", "ls"), 'pods "none" not found', id="no-pod"),
        pytest.param(
            ("box", "-c", "x", "--", "ls"), "container x is not valid for pod box", id="no-container"
        ),
        pytest.param(
            ("web", "--", "no-such-program"),
            "no-such-program: executable file not found in $PATH",
            id="no-program",
        ),
        pytest.param(("never", "--", "ls"), 'container not found ("c0")', id="not-running"),
    ],
)
def test_exec_says_why_not(kubectl, words, why):
    """As from a real cluster."""
    done = kubectl.run("exec", *words)
    assert done.returncode == 1
    assert why in done.stderr


def in_terminal(kubectl, *words, typed, rows=33, columns=111):
    """What kubectl shows in a terminal when this is typed, each after what must be seen; its exit code."""
    ours, theirs = pty.openpty()
    ioctl(ours, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    process = subprocess.Popen(
        [kubectl.binary, *words],
        env=kubectl.environment,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        preexec_fn=lambda: ioctl(0, termios.TIOCSCTTY, 0),
    )
    os.close(theirs)
    seen, fresh, typed = b"", b"", list(typed)
    end = time.monotonic() + 60
    while time.monotonic() < end and select.select([ours], [], [], 10)[0]:
        try:
            said = os.read(ours, 65536)
        except OSError:
            break
        seen, fresh = seen + said, fresh + said
        if typed and typed[0][0] in fresh:
            os.write(ours, typed.pop(0)[1])
            fresh = b""
    os.close(ours)
    assert not typed, f"never typed: {typed}; seen: {seen.decode()}"
    return seen.decode(), process.wait(60)


def test_exec_it_is_a_terminal(kubectl):
    """Its size is that of the window, it has a name, keys are keys (^C), and the exit code comes through."""
    shown, code = in_terminal(
        kubectl,
        *("exec", "-it", "web", "--", "sh", "-c", "echo on; exec sh"),
        typed=[
            (
                b"on\r\n",
                b"stty size; tty; sh -c 'trap \"exit 0\" INT; echo go; while :; do sleep 0.1; done'\n",
            ),
            (b"go\r\n", b"\x03"),
            (b"# ", b"exit 7\n"),
        ],
    )
    assert "33 111\r\n" in shown
    assert re.search(r"/dev/pts/\d+\r\n", shown)
    assert code == 7


@pytest.mark.parametrize("options", [("-i",), ("-it",)], ids=["pipe", "terminal"])
def test_run_shows_all_and_leaves_nothing(kubectl, options, request):
    """`kubectl run NAME --rm -it --restart=Never -- curl URL`: answer, exit code, no pod left."""
    web = json.loads(kubectl("get", "pod", "web", "-o", "json"))["status"]["podIP"]
    name = (
        f"curl-{'t' if 't' in options[0] else 'p'}-{request.node.callspec.params['kubectl'][1:4].strip('/')}"
    )
    words = (
        "run",
        name,
        "--image=curlimages/curl",
        "--rm",
        *options,
        "--restart=Never",
        f"--overrides={ON_NODE_1}",
    )
    command = ("--", "sh", "-c", f"curl -s http://{web}/; exit 4")
    if options == ("-it",):
        shown, code = in_terminal(kubectl, *words, *command, typed=[])
    else:
        done = kubectl.run(*words, *command, stdin="")
        shown, code = done.stdout, done.returncode
    assert shown.count("pod: web") == 1
    assert code == 4
    assert kubectl.run("get", "pod", name).returncode == 1


def test_run_it_is_a_terminal(lab, pods):
    """A shell: its prompt is there, it has the window's size, ^D ends it, and nothing is left."""
    kubectl = Kubectl(lab, binaries()[0])
    words = ("run", "shell", "--image=busybox", "--rm", "-it", "--restart=Never", f"--overrides={ON_NODE_1}")
    # ^D only at the prompt: while stty still owns the terminal, the shell is left with a NUL, and stays.
    typed = [(b"# ", b"stty size\n"), (b"33 111\r\n/ # ", b"\x04")]
    shown, code = in_terminal(kubectl, *words, "--", "sh", typed=typed)
    assert "33 111\r\n" in shown
    assert code == 0
    assert kubectl.run("get", "pod", "shell").returncode == 1


def test_attach_joins_what_runs(kubectl):
    """Its output from now on; detaching ends nothing."""
    with kubectl.start("attach", "box", "-c", "c0") as attached:
        assert re.fullmatch(r"(line|err) \d+\n", attached.stdout.readline())
    with kubectl.start("logs", "-f", "box", "-c", "c0", "--tail=0") as following:
        assert following.stdout.readline()


def test_attach_i_speaks_to_standard_input(lab, pods):
    """stdinOnce: when its client writes no more, the program reads the end; the client hears the rest."""
    kubectl = Kubectl(lab, binaries()[0])
    with kubectl.start("attach", "-i", "ears", stdin=subprocess.PIPE) as attached:
        attached.stdin.write("hello\n")
        attached.stdin.flush()
        assert attached.stdout.readline() == "heard hello\n"
        attached.stdin.close()
        assert attached.stdout.read() == ""
        assert attached.wait(60) == 0
    restarted = "--for=jsonpath={.status.containerStatuses[0].restartCount}=1"
    kubectl("wait", restarted, "pod/ears", "--timeout=60s")


def test_logs_in_all_their_forms(kubectl):
    """Options as kubectl has them."""
    box = ("logs", "box", "-c", "c0")
    assert kubectl(*box, "--limit-bytes=6") == "line 1"
    assert len(kubectl(*box, "--tail=3").splitlines()) == 3
    stamped = kubectl(*box, "--tail=1", "--timestamps")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z (line|err) \d+\n", stamped)
    second = stamped.partition(".")[0] + "Z"
    later = kubectl(*box, f"--since-time={second}", "--timestamps")
    assert stamped in later
    assert min(later.splitlines()) >= second[:-1]
    asked = datetime.now(UTC) - timedelta(seconds=1)
    recent = kubectl(*box, "--since=1s", "--timestamps").splitlines()
    assert all(line > f"{asked:%Y-%m-%dT%H:%M:%S}" for line in recent)
    assert re.fullmatch(f"port 80: listening\n({REQUEST})*", kubectl("logs", "web"))
    both = kubectl("logs", "-l", "app=streams", "--prefix", "--tail=1", "--all-containers", "--ignore-errors")
    assert "[pod/box/c0] " in both
    assert "[pod/web/c0] " in both


def test_logs_of_runs_that_are_over(kubectl):
    """--previous, and the last run of a container that waits to be started again."""
    kubectl(
        "wait",
        "--for=jsonpath={.status.containerStatuses[0].state.waiting.reason}=CrashLoopBackOff",
        "pod/dies",
    )
    assert kubectl("logs", "dies") == "died\n"
    assert kubectl("logs", "dies", "--previous") == "died\n"
    refused = kubectl.run("logs", "web", "--previous")
    assert 'previous terminated container "c0" in pod "web" not found' in refused.stderr


def test_logs_of_a_pod_that_has_ended(lab, pods):
    """It stays to be read until the pod is deleted."""
    kubectl = Kubectl(lab, binaries()[0])
    once = pod("once", "node-1", sh("echo done; echo failed >&2"), restartPolicy="Never")
    kubectl("apply", "-f", "-", stdin=json.dumps(once))
    kubectl("wait", "--for=jsonpath={.status.phase}=Succeeded", "pod/once", "--timeout=60s")
    assert kubectl("logs", "once") == "done\nfailed\n"
    assert kubectl("logs", "-f", "once") == "done\nfailed\n"


def test_logs_f_follows(kubectl):
    """Lines come as they are written, until the reader has enough."""
    with kubectl.start("logs", "-f", "box", "-c", "c0", "--tail=0") as following:
        seen = [following.stdout.readline() for _ in range(6)]
    numbers = [int(line.split()[1]) for line in seen if line.startswith("line")]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def forwarded(process):
    """The local port that kubectl says it listens on."""
    return int(re.match(r"Forwarding from 127.0.0.1:(\d+) ->", process.stdout.readline())[1])


def test_port_forward_carries_connections(kubectl):
    """One after the other and side by side."""
    answers = []
    with kubectl.start("port-forward", "pod/web", ":80", stderr=subprocess.DEVNULL) as process:
        url = f"http://127.0.0.1:{forwarded(process)}/"

        def ask():
            with urllib.request.urlopen(url, timeout=90) as answer:
                answers.append(answer.read().decode())

        ask()
        asking = [threading.Thread(target=ask) for _ in range(8)]
        for one in asking:
            one.start()
        for one in asking:
            one.join()
    assert len(answers) == 9
    assert all("pod: web" in answer for answer in answers)


def test_port_forward_says_where_nobody_listens(kubectl):
    """And to the client the connection just ends."""
    with kubectl.start("port-forward", "pod/web", ":81", stderr=subprocess.PIPE) as process:
        with socket.create_connection(("127.0.0.1", forwarded(process)), 10) as connection:
            assert connection.recv(1) == b""
        _, complaint = process.communicate(timeout=90)
    assert "error forwarding port 81" in complaint
    assert "connection refused" in complaint


def test_cp_there_and_back(kubectl, tmp_path):
    """`tar` by exec, with bytes of all kinds."""
    content = bytes(range(256)) * 4096
    (tmp_path / "there").write_bytes(content)
    kubectl("cp", str(tmp_path / "there"), "box:/tmp/there", "-c", "c1")
    kubectl("cp", "box:/tmp/there", str(tmp_path / "back"), "-c", "c1")
    assert (tmp_path / "back").read_bytes() == content


def test_without_websockets_kubectl_is_told_why_not(kubectl):
    """As one that is too old."""
    done = kubectl.run("exec", "web", "--", "ls", KUBECTL_REMOTE_COMMAND_WEBSOCKETS="false")
    assert done.returncode == 1
    assert "SPDY is not served here" in done.stderr


def test_a_node_without_agent_is_said(lab, pods):
    """As a real API server says it of a kubelet that is down."""
    kubectl = Kubectl(lab, binaries()[0])
    lab.ask(op="kill", who="node-2", signal=signal.SIGKILL)
    try:
        for words in (("exec", "web", "--", "ls"), ("logs", "web"), ("port-forward", "web", ":80")):
            done = kubectl.run(*words)
            assert done.returncode == 1
            assert "dial tcp 192.168.10.12:10250: connect: connection refused" in done.stderr
    finally:
        lab.ask(op="start", who="node-2")
    assert kubectl("exec", "web", "--", "hostname") == "web\n"


def test_an_ordinary_user_needs_no_root(ordinary_lab):
    """The same with no privilege at all, terminals included."""
    if not binaries():
        pytest.skip("no kubectl binary found")
    kubectl = Kubectl(ordinary_lab, binaries()[0])
    probe = {"exec": {"command": ["test", "-e", "/up"]}, "periodSeconds": 1}
    box = pod("box", "node-1", sh("echo up; touch /up; sleep 1000"))
    box["spec"]["containers"][0]["readinessProbe"] = probe
    kubectl("apply", "-f", "-", stdin=json.dumps(box))
    kubectl("wait", "--for=condition=Ready", "pod/box", "--timeout=60s")
    assert kubectl("exec", "-i", "box", "--", "cat", stdin="hello") == "hello"
    assert kubectl("logs", "box") == "up\n"
    shown, code = in_terminal(kubectl, "exec", "-it", "box", "--", "sh", "-c", "tty; exit 3", typed=[])
    assert "/dev/pts/" in shown
    assert code == 3
