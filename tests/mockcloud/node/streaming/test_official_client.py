"""The official Python client's streams: exec, port-forward, logs."""

import gc
import re

import pytest

pytestmark = [
    pytest.mark.netns,
    # The client closes no WebSocket that its server has ended.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(autouse=True)
def _collected():
    yield
    gc.collect()


@pytest.fixture(scope="module")
def core(lab):
    """The official client, and a pod that answers HTTP."""
    from kubernetes import client, config

    api = client.CoreV1Api(config.new_client_from_config(str(lab.kubeconfig)))
    container = {"name": "web", "image": "traefik/whoami", "ports": [{"containerPort": 80}]}
    pod = {"metadata": {"name": "official"}, "spec": {"nodeName": "node-1", "containers": [container]}}
    api.create_namespaced_pod("default", pod)
    yield api
    api.api_client.close()


@pytest.fixture(scope="module")
def web(core):
    """Its name, when it is Ready."""
    from kubernetes import watch

    for event in watch.Watch().stream(core.list_namespaced_pod, "default", timeout_seconds=30):
        conditions = event["object"].status.conditions or []
        if event["object"].metadata.name == "official" and any(
            one.type == "Ready" and one.status == "True" for one in conditions
        ):
            return "official"
    pytest.fail("the pod did not get ready")


def execute(core, name, command, **options):
    from kubernetes.stream import stream

    wanted = {"stdin": False, "stdout": True, "stderr": True, "tty": False, **options}
    return stream(core.connect_get_namespaced_pod_exec, name, "default", command=command, **wanted)


def test_the_official_client_runs_commands(core, web):
    """Its plainest form: all output as text."""
    assert execute(core, web, ["sh", "-c", "echo out; echo err >&2"]).split() == ["out", "err"]


def test_the_official_client_talks_and_reads_the_exit_code(core, web):
    """Channels one by one, both ways; the code is found in the Status."""
    with_stdin = {"stdin": True, "_preload_content": False}
    # It reads no line that came together with the stream's end, so the command ends when it is told to.
    talk = execute(core, web, ["sh", "-c", "read word; echo got $word; read end; exit 5"], **with_stdin)
    talk.write_stdin("hello\n")
    assert talk.readline_stdout(timeout=90) == "got hello"
    talk.write_stdin("\n")
    talk.run_forever(timeout=90)
    assert talk.returncode == 5
    talk.close()


def test_the_official_client_forwards_ports(core, web):
    """By the older channels."""
    from kubernetes.stream import portforward

    forward = portforward(core.connect_get_namespaced_pod_portforward, web, "default", ports="80")
    connection = forward.socket(80)
    connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
    answer = b""
    while b"pod: official" not in answer:
        piece = connection.recv(4096)
        assert piece, answer
        answer += piece
    forward.close()


def test_the_official_client_reads_logs(core, web):
    """Text as it is: that it listens, and a line for each request that other tests made."""
    log = core.read_namespaced_pod_log(web, "default")
    assert re.fullmatch(
        r'port 80: listening\n(127\.0\.0\.1 - - \[[^]]+\] "GET / HTTP/1\.[01]" 200 .*\n)*', log
    )
