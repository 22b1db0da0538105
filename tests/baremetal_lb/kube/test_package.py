"""What a daemon imports of the `kubernetes` package: in interpreters of their own, for imports stay."""

import json
import subprocess
import sys

import pytest

import baremetal_lb.kube.package as door

UNUSED = {
    "requests",
    "urllib3",
    "oauthlib",
    "requests_oauthlib",
    "websocket",
    "charset_normalizer",
    "pyroute2",
    "scapy",
}


def told(code):
    """What an interpreter prints that runs it, read as JSON."""
    done = subprocess.run(
        [sys.executable, "-c", f"import json, sys\n{code}"], capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


@pytest.mark.parametrize("daemon", ["controller", "speaker"])
def test_a_daemon_keeps_nothing_in_memory_that_it_does_not_use(daemon):
    """Each of these is megabytes; who adds one is to know."""
    modules = f"baremetal_lb.run.{daemon}.daemon, baremetal_lb.kube.package"
    code = f"import {modules}; print(json.dumps([*sys.modules]))"
    assert not UNUSED & set(told(code))


def test_what_the_package_has_beside_is_there_for_whoever_asks():
    """Somebody's plug-in, or a test, in the same process."""
    code = """
import baremetal_lb.kube.package, kubernetes, kubernetes.aio
from kubernetes import watch
from kubernetes.client import V1Pod
there = [kubernetes.config.load_kube_config, watch.Watch, V1Pod, kubernetes.aio.client.V1Service]
absent = [hasattr(kubernetes, "nothing"), hasattr(kubernetes, "__nothing__")]
print(json.dumps([each.__name__ for each in there] + absent))
"""
    assert told(code) == ["load_kube_config", "Watch", "V1Pod", "V1Service", False, False]


def test_a_package_that_is_there_is_left_as_it_is():
    """Whoever imported it before us has all of it."""
    code = """
import kubernetes
import baremetal_lb.kube.package
print(json.dumps([kubernetes.__version__.split(".")[0].isdigit(), "requests" in sys.modules]))
"""
    assert told(code) == [True, True]


def test_a_package_that_is_not_installed_is_named():
    """As Python itself does it."""
    with pytest.raises(ModuleNotFoundError, match="No module named 'no_such_package'"):
        door.stand_in_for("no_such_package")
