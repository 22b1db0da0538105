"""Images of one's own: any local binary, by a catalogue or while a lab runs; and whole archives."""

import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from testkit.kubectl import find_kubectl, kubectl_environment
from testkit.lab import Lab
from tests.mockcloud.images.archives.samples import layer, saved

pytestmark = [pytest.mark.netns, pytest.mark.kubectl]
LAB = "images"
CATALOGUE = """
images:
- {{match: [orders], program: local, binary: [no-such-orders, {binary}], arguments: [--listen, "8080"]}}
- {{match: [stock], program: local, binary: [no-such-stock], ports: [7777], install: make -C stock}}
"""


COMMAND = "; ".join(
    (
        "cat /srv/page",
        "echo $FROM",
        "echo $(id -u) $(id -g)",
        "echo $PWD $HOME",
        "echo $(ls /)",
        "grep -o '10[.0-9]*' /etc/resolv.conf",
    )
)
SHOP = {
    "config": {
        "Entrypoint": ["/bin/busybox"],
        "Cmd": ["sh", "-c", COMMAND],
        "Env": ["PATH=/bin", "FROM=of the image"],
        "WorkingDir": "/srv",
        "User": "shop",
    }
}
POD = """
apiVersion: v1
kind: Pod
metadata: {name: shop}
spec:
  restartPolicy: Never
  containers: [{name: shop, image: "shop:v1"}]
"""


@pytest.fixture(scope="module")
def kubectl(tmp_path_factory):
    """kubectl for a lab that has such a catalogue; its binary is where pods see nothing else."""
    found = find_kubectl()
    if found is None:
        pytest.skip("there is no kubectl")
    folder = tmp_path_factory.mktemp("orders")
    binary = folder / "ordersd"
    binary.write_text('#!/bin/sh\necho "orders: $*"\nexec sleep 1000\n')
    binary.chmod(0o755)
    catalogue = folder / "images.yaml"
    catalogue.write_text(CATALOGUE.format(binary=binary))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        lab = Lab(LAB)
        with lab.running("--nodes", "1", "--catalogue", str(catalogue)):

            def run(*words, given=None):
                environment = kubectl_environment(lab.kubeconfig)
                done = subprocess.run(
                    [found, *words],
                    env=environment,
                    input=given,
                    capture_output=True,
                    text=True,
                    timeout=90,
                    check=False,
                )
                assert done.returncode == 0, done.stderr
                return done.stdout

            yield run


@pytest.mark.parametrize(
    ("name", "args", "said"),
    [
        pytest.param("plain", (), "orders: --listen 8080\n", id="the-catalogues-arguments"),
        pytest.param("told", ("--", "check", "-v"), "orders: check -v\n", id="the-containers"),
    ],
)
def test_a_binary_of_ones_own_runs_with_its_arguments(kubectl, name, args, said):
    """As an image whose entrypoint it is."""
    kubectl("run", name, "--image=registry.example/team/orders:3", "--restart=Never", *args)
    kubectl("wait", "--for=condition=Ready", f"pod/{name}", "--timeout=60s")
    deadline = time.monotonic() + 60
    while (shown := kubectl("logs", name)) != said:  # it runs before it has written
        assert time.monotonic() < deadline, shown


def test_where_it_is_not_there_the_port_answers_and_the_pod_says_what_helps(kubectl):
    """In `kubectl describe pod`, and as the first line of its log."""
    kubectl("run", "stock", "--image=stock")
    kubectl("wait", "--for=condition=Ready", "pod/stock", "--timeout=60s")
    first, second = kubectl("logs", "stock").splitlines()[:2]
    assert first.endswith("To have the real one: make -C stock and delete the pod")
    assert second == "port 7777: listening"
    described = kubectl("describe", "pod", "stock")
    assert "StandIn" in described
    assert first in described


def _busybox():
    """A layer with this machine's busybox, the libraries that it needs, and a user."""
    found = shutil.which("busybox")
    if found is None:
        pytest.skip("there is no busybox")
    needed = subprocess.run(["ldd", found], capture_output=True, text=True, check=False).stdout
    files = {"bin/busybox": found, **{path.lstrip("/"): path for path in re.findall(r"/\S+", needed)}}
    applets = [(f"bin/{name}", "-> busybox") for name in ("sh", "cat", "id", "ls", "grep")]
    return layer(
        *((name, Path(path).read_bytes()) for name, path in files.items()),
        *applets,
        ("etc/passwd", "shop:x:1000:7::/home/shop:/bin/sh\n"),
    )


def _image(*words):
    done = subprocess.run(
        [sys.executable, "-m", "mockcloud", "image", words[0], "--name", LAB, *words[1:]],
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_an_image_is_added_while_the_lab_runs(kubectl):
    """A pod that waits for it starts; until then it says what to type."""
    kubectl("run", "late", "--image=registry.example/late:2", "--restart=Never")
    said = "{.status.containerStatuses[0].state.waiting.message}"
    kubectl("wait", f"--for=jsonpath={said}", "pod/late", "--timeout=60s")
    assert "mockcloud image add registry.example/late:2=PROGRAM" in kubectl(
        "get", "pod", "late", f"-o=jsonpath={said}"
    )
    _image("add", "late=echo", "--", "I am late")
    kubectl("wait", "--for=jsonpath={.status.phase}=Succeeded", "pod/late", "--timeout=60s")
    assert kubectl("logs", "late") == "I am late\n"


def test_a_loaded_image_runs_in_files_of_its_own(kubectl, tmp_path):
    """By its entrypoint, as its user, with its variables, and with nothing of the machine's."""
    archive = tmp_path / "shop.tar"
    archive.write_bytes(saved(SHOP, [_busybox(), layer(("srv/page", "old")), layer(("srv/page", "hello\n"))]))
    _image("load", str(archive))
    kubectl("apply", "-f", "-", given=POD)
    kubectl("wait", "--for=jsonpath={.status.phase}=Succeeded", "pod/shop", "--timeout=60s")
    assert kubectl("logs", "shop").splitlines() == [
        "hello",
        "of the image",
        "1000 7",
        "/srv /home/shop",
        "bin dev etc lib lib64 proc srv sys var",
        "10.96.0.10",
    ]
