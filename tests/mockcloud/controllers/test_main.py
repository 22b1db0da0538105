"""The program: arguments, readiness, SIGTERM; and real kubectl against what it runs."""

import signal
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import yaml

from mockcloud.controllers.__main__ import main
from testkit import daemons
from testkit.api import KubeApi
from testkit.kubectl import kubectls


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param([], "no kubeconfig", id="none"),
        pytest.param(["--kubeconfig", "/nowhere/kubeconfig"], "No such file", id="missing"),
    ],
)
def test_a_bad_kubeconfig_is_named_and_ends_with_2(arguments, said, monkeypatch, capsys):
    """The thing, its value, and why."""
    monkeypatch.delenv("KUBECONFIG", raising=False)
    assert main(arguments) == 2
    assert said in capsys.readouterr().err


def test_an_api_that_refuses_us_ends_the_program_with_its_words(tmp_path, capsys):
    """403 will be 403 tomorrow: exit code 1, so that the supervisor shows it."""
    body = b'{"kind":"Status","reason":"Forbidden","message":"not you"}'

    class Refuse(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(403)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args):
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Refuse) as server:
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        config = {
            "current-context": "x",
            "contexts": [{"name": "x", "context": {"cluster": "x"}}],
            "clusters": [{"name": "x", "cluster": {"server": f"http://127.0.0.1:{server.server_port}"}}],
        }
        path = tmp_path / "kubeconfig"
        path.write_text(yaml.safe_dump(config))
        assert main(["--kubeconfig", str(path)]) == 1
        server.shutdown()
        serving.join()
    assert "the API refuses the controllers: 403 Forbidden: not you" in capsys.readouterr().err


@pytest.fixture(scope="module")
def kubeconfig(tmp_path_factory):
    """The API and the controllers as processes; the controllers must end well on SIGTERM."""
    folder = tmp_path_factory.mktemp("manager")
    log = folder / "controllers.log"
    with KubeApi(folder / "kube").running() as api:
        path = str(api.kubeconfig)
        controllers = daemons.start(daemons.module("mockcloud.controllers", "--kubeconfig", path), log=log)
        yield path
        controllers.send_signal(signal.SIGTERM)
        assert controllers.wait(60) == 0, log.read_text()
        assert "Traceback" not in log.read_text()


@pytest.mark.kubectl
@pytest.mark.parametrize("binary", kubectls())
def test_kubectl_rolls_out_undoes_and_deletes(binary, kubeconfig, tmp_path):
    """apply, scale, set image, history, undo, delete by cascade: with nothing to run pods, at replicas 0."""

    def kubectl(*arguments):
        command = [binary, "--kubeconfig", kubeconfig, "--cache-dir", str(tmp_path), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=90, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    labels = {"app": "idle"}
    pod = {"containers": [{"name": "c", "image": "v1"}]}
    body = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "idle"},
        "spec": {
            "replicas": 0,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": pod},
        },
    }
    manifest = tmp_path / "deployment.yaml"
    manifest.write_text(yaml.safe_dump(body))
    kubectl("apply", "-f", str(manifest))
    kubectl("rollout", "status", "deployment/idle", "--timeout=60s")
    kubectl("set", "image", "deployment/idle", "c=v2")
    kubectl("rollout", "status", "deployment/idle", "--timeout=60s")
    kubectl("wait", "--for=condition=Available", "deployment/idle", "--timeout=60s")
    kubectl("rollout", "undo", "deployment/idle")
    kubectl("rollout", "status", "deployment/idle", "--timeout=60s")
    history = kubectl("rollout", "history", "deployment/idle").splitlines()
    assert [line.split()[0] for line in history[2:] if line] == ["2", "3"]
    kubectl("scale", "deployment/idle", "--replicas=2")
    kubectl("wait", "--for=create", "pods", "-l", "app=idle", "--timeout=60s")
    kubectl("wait", "--for=jsonpath={.status.replicas}=2", "deployment/idle", "--timeout=60s")
    assert "ScalingReplicaSet" in kubectl("describe", "deployment", "idle")
    kubectl("delete", "deployment", "idle", "--cascade=foreground", "--timeout=60s")
    assert kubectl("get", "pods,rs,deployments", "-o", "name") == ""
