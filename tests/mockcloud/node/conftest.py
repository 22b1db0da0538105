"""The lab of namespaces, as a fixture: a subprocess that is asked to run, kill and start things."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

import pytest

PROGRAM = Path(__file__).with_name("netns_lab.py")
ROOT = Path(__file__).parents[3]
NOBODY = 65534
PROBE = (
    "import os, sys, aiohttp, orjson, pyroute2, mockcloud.node; sys.exit(not os.access(sys.executable, 1))"
)


class NetnsLab:
    """The test's end of `netns_lab.py`."""

    def __init__(self, folder, *, ordinary_user, options=("--ipv6",)):
        command, environment = [sys.executable], dict(os.environ)
        if ordinary_user and os.getuid() == 0:
            os.chown(folder, NOBODY, NOBODY)
            command, environment = python_for_nobody()
        self.python = command[-1]
        self.is_roots = os.getuid() == 0 and not ordinary_user
        command += [str(PROGRAM), str(folder), *options]
        self.folder = folder
        self.kubeconfig = folder / "kubeconfig"
        self.errors = (folder / "lab.log").open("wb+")
        self.process = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            text=True,
            cwd=ROOT,
        )

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            self.errors.seek(0)
            said = self.errors.read().decode(errors="replace")[-3000:]
            raise RuntimeError(said)
        return json.loads(line)

    def ask(self, **request):
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        return self.answer()

    def run(self, host, *argv, timeout=90):
        """Run a command on a host; what it printed. AssertionError with its complaint where it failed."""
        done = self.ask(op="run", host=host, argv=argv, timeout=timeout)
        assert done["rc"] == 0, f"{argv} on {host}: {done['rc']} {done['err']}"
        return done["out"]

    def exit_code(self, host, *argv, timeout=90):
        return self.ask(op="run", host=host, argv=argv, timeout=timeout)["rc"]

    def close(self):
        self.process.stdin.close()
        self.process.wait(60)
        self.process.stdout.close()
        self.errors.close()


def python_for_nobody():
    """A command and environment that run Python and our packages as an ordinary user; skips without one.

    Root's own interpreter may be in root's home, where nobody else can reach it.
    """
    ids = ["--reuid", str(NOBODY), "--regid", str(NOBODY), "--clear-groups"]
    become = [shutil.which("setpriv") or "setpriv", *ids]
    packages = os.pathsep.join((str(ROOT), sysconfig.get_path("purelib")))
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for python in (os.path.realpath(sys.executable), f"/usr/bin/{version}", f"/usr/local/bin/{version}"):
        environment = {**os.environ, "PYTHONPATH": packages, "PYTHONDONTWRITEBYTECODE": "1", "HOME": "/"}
        check = [*become, python, "-c", PROBE]
        with contextlib.suppress(OSError):
            if (
                subprocess.run(check, env=environment, cwd=ROOT, capture_output=True, check=False).returncode
                == 0
            ):
                return [*become, python], environment
    pytest.skip(f"an ordinary user can run no {version} with the project's packages here")


def need_namespaces():
    """Skip, with the reason, where the lab cannot be."""
    paths = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
    for program in ("nft", "curl", "unshare"):
        if shutil.which(program, path=paths) is None:
            pytest.skip(f"{program} is not installed")
    tried = subprocess.run(
        [shutil.which("unshare") or "unshare", "--user", "--map-root-user", "--net", "true"],
        capture_output=True,
        text=True,
        check=False,
    )
    if tried.returncode != 0:
        pytest.skip(f"no user namespace to be had: {tried.stderr.strip()}")


def started(folder, **kwargs):
    need_namespaces()
    lab = NetnsLab(folder, **kwargs)
    try:
        assert lab.answer() == {"ready": True}
    except BaseException:
        lab.process.kill()
        lab.close()
        raise
    return lab


@pytest.fixture(scope="session")
def as_root_of_a_namespace():
    """The words before a command that is to be root of a user namespace of its own; skips without them."""
    need_namespaces()
    return [shutil.which("unshare"), "--user", "--map-root-user", "--"]


@pytest.fixture(scope="session")
def start_lab(tmp_path_factory):
    """Starts labs: two nodes, an API, a client. Whoever starts one closes it."""
    return lambda: started(tmp_path_factory.mktemp("lab"), ordinary_user=False)


@pytest.fixture(scope="module")
def lab(start_lab):
    """One lab for a module."""
    made = start_lab()
    yield made
    made.close()


@pytest.fixture(scope="module")
def ordinary_lab():
    """The same, made by an ordinary user: pytest's own folders are closed to others."""
    folder = Path(tempfile.mkdtemp(prefix="mockcloud-test-"))
    try:
        made = started(folder, ordinary_user=True)
        yield made
        made.close()
    finally:
        shutil.rmtree(folder)
