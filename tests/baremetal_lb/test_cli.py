"""The command line: what it prints, how it exits, and how quickly."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from baremetal_lb.__main__ import main
from testkit.kubectl import find_kubectl

GOOD = "address-pools:\n- {name: lab, protocol: layer2, addresses: [10.0.0.0/24], auto-assign: false}\n"
BAD = "address-pools:\n- {name: lab, protocol: layer2, addresses: [10.0.0.9-10.0.0.1], zoo: 1}\n"
SPEAKER = ("speaker", "--node-name", "node-1")
MANIFEST = "kind: ConfigMap\nmetadata: {name: config}\ndata:\n  config: |\n"


def indented(text: str) -> str:
    return "".join(f"    {line}\n" for line in text.splitlines())


@pytest.mark.parametrize(
    ("text", "code", "lines"),
    [
        pytest.param(GOOD, 0, ["lab: 10.0.0.0/24; layer2; on request only", "accepted: 1 pool"], id="bare"),
        pytest.param(
            MANIFEST + indented(GOOD),
            0,
            ["lab: 10.0.0.0/24; layer2; on request only", "accepted: 1 pool"],
            id="manifest",
        ),
        pytest.param(
            BAD,
            1,
            [
                "error: address-pools[0].zoo: is not a known key; expected one of: name, protocol,",
                "error: address-pools[0].addresses[0]: '10.0.0.9-10.0.0.1' ends before it starts:"
                " 10.0.0.9 is after 10.0.0.1",
            ],
            id="faults",
        ),
        pytest.param(
            "kind: ConfigMap\ndata: {}", 1, ["error: data.config: is required, as a text"], id="no-key"
        ),
        pytest.param("a: [", 1, ["error: line 2, column 1: not valid YAML: "], id="yaml"),
    ],
)
def test_check_config(text, code, lines):
    """Every fault on a line of its own; 0 where it would be accepted, else 1."""
    done = CliRunner().invoke(main, ["check-config", "-"], input=text)
    assert code == done.exit_code
    for expected, line in zip(lines, done.output.splitlines(), strict=True):
        assert line.startswith(expected)


@pytest.mark.parametrize("name", ["no class", "Example.com/lab", "a/b/c", "_lab", "l" * 64, "/lab"])
def test_a_class_that_no_service_can_have_is_refused(name):
    """Else nothing would ever be served, without a word."""
    done = CliRunner().invoke(main, ["controller", "--load-balancer-class", name])
    assert done.exit_code == 2
    assert f"{name!r} is no class that a Service can have" in done.output


def test_strict_refuses_what_is_only_warned_of():
    """Host bits may be a typing error: who asks for it is stopped by them."""
    text = GOOD.replace("10.0.0.0/24", "10.0.0.7/24")
    warning = "warning: address-pools[0].addresses[0]: '10.0.0.7/24' has host bits set: it is taken for"
    for options, code, last in (
        ([], 0, "accepted: 1 pool"),
        (["--strict"], 1, "refused: 1 warning, and --strict"),
    ):
        done = CliRunner().invoke(main, ["check-config", "-", *options], input=text)
        lines = done.output.splitlines()
        assert (done.exit_code, lines[-1]) == (code, last)
        assert lines[0].startswith(warning)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        pytest.param(["check-config"], "Missing argument 'FILE'", id="no-file"),
        pytest.param(["check-config", "/nowhere"], "File '/nowhere' does not exist", id="file-missing"),
        pytest.param(["controller", "--log-level", "loud"], "'loud' is not one of", id="log-level"),
        pytest.param(["controller", "--metrics-port", "70000"], "70000 is not in the range", id="port"),
        pytest.param(["controller", "--kubeconfig", "/nowhere"], "does not exist", id="kubeconfig"),
        pytest.param(["speaker"], "Missing option '--node-name'", id="node-name"),
        pytest.param(["speaker", "--node-name", ""], "'' is not a valid object name", id="node-name-empty"),
        pytest.param(
            ["controller", "--namespace", "A b"], "'A b' is not a valid object name", id="namespace"
        ),
        pytest.param([*SPEAKER, "--status-namespace", "-"], "'-' is not a valid object name", id="hyphen"),
        pytest.param(
            [*SPEAKER, "--heartbeat-interval", "nan"], "nan is not a finite number of seconds", id="no-number"
        ),
        pytest.param(
            [*SPEAKER, "--return-delay", "inf"], "inf is not a finite number of seconds", id="endless"
        ),
        pytest.param([*SPEAKER, "--probe-time", "-1"], "-1.0 is not in the range", id="negative-time"),
        pytest.param([*SPEAKER, "--interface-exclude", "("], "'(' is not a regular expression", id="pattern"),
        pytest.param(["sing"], "No such command 'sing'", id="command"),
    ],
)
def test_wrong_usage_exits_2(arguments, text):
    """With a word about what was wrong."""
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 2
    assert text in done.output


@pytest.mark.parametrize("arguments", [["--help"], ["controller", "--help"], ["check-config", "--help"]])
def test_help_is_quick(arguments):
    """The Kubernetes client, a second of importing, stays out of it."""
    code = (
        "import sys; from baremetal_lb.__main__ import main\n"
        f"try: main({arguments!r})\n"
        "except SystemExit: print({'kubernetes', 'aiohttp', 'scapy', 'pydantic'} & {*sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "set()"


def test_a_cluster_that_can_not_be_found_is_said_in_one_line(tmp_path):
    """Exit code 1, no traceback."""
    environment = {key: value for key, value in os.environ.items() if key != "KUBECONFIG"}
    environment["HOME"] = str(tmp_path)
    command = [sys.executable, "-m", "baremetal_lb", "controller"]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False, timeout=90)
    assert done.returncode == 1
    assert (
        "no cluster is named: give --kubeconfig FILE, or set KUBECONFIG; there is no ~/.kube/config"
        in done.stdout
    )
    assert "Traceback" not in done.stdout + done.stderr


def test_a_controller_without_its_api_still_stops_when_told(tmp_path):
    """SIGTERM while it retries: exit code 0."""
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(
        "clusters: [{name: c, cluster: {server: 'http://127.0.0.1:1'}}]\n"
        "users: [{name: u, user: {token: t}}]\n"
        "contexts: [{name: x, context: {cluster: c, user: u}}]\ncurrent-context: x\n"
    )
    command = [sys.executable, "-m", "baremetal_lb", "controller", "--kubeconfig", str(kubeconfig)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert "Cannot connect" in process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0


@pytest.mark.kubectl
def test_kubectl_finds_it_as_its_plug_in():
    """`kubectl baremetal-lb`, where it is installed beside this Python."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        [find_kubectl(), "baremetal-lb", "why", "--help"],
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "baremetal-lb why shop/web -o json" in done.stdout
