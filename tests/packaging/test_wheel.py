"""The wheel, as users get it: all that is in it, no more packages than it says, and both commands."""

import os
import re
import runpy
import shutil
import tomllib
import zipfile

import pytest

from mockcloud.lab.preflight import CLOUD_EXTRA, EXTRA
from testkit.kubectl import find_kubectl
from testkit.lab import Lab
from tests.e2e.cluster import MANIFEST, Cluster
from tests.packaging.installs import ROOT, build, install

PACKAGES = ("baremetal_lb", "mockcloud")
POOLS = "address-pools: [{name: lab, protocol: layer2, addresses: [192.168.10.200-192.168.10.250]}]"
# The lab itself.
ONLY_IN_AN_IMAGE = {"mockcloud"}
IMPORT_ALL = """
import importlib, pkgutil, sys
package = importlib.import_module(sys.argv[1])
assert package.__file__.startswith(sys.prefix), package.__file__
for each in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
    # pytest loads the plug-in
    if not each.name.startswith(("mockcloud.testing.plugin", *sys.argv[2:])):
        importlib.import_module(each.name)
"""
CLOUD = ("mockcloud.ccm", "mockcloud.cloud", "mockcloud.edge")


@pytest.mark.parametrize("target", ["wheel", "sdist"])
def test_what_is_built_twice_is_the_same(target, tmp_path):
    """Byte by byte, at the same SOURCE_DATE_EPOCH."""
    first, second = (build(target, tmp_path / each) for each in ("first", "second"))

    assert first.name == second.name
    assert first.read_bytes() == second.read_bytes()


def test_the_wheel_has_every_file_of_both_packages(wheel):
    """Catalogues, schemas and files for pods, too; and nothing else."""
    with zipfile.ZipFile(wheel) as archive:
        found = {name for name in archive.namelist() if ".dist-info/" not in name}

    paths = (path for package in PACKAGES for path in (ROOT / package).rglob("*"))
    assert found == {
        str(path.relative_to(ROOT)) for path in paths if path.is_file() and path.parent.name != "__pycache__"
    }


def test_the_extras_are_what_a_lab_looks_for():
    """pyproject.toml and the check before a lab name the same packages."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    for name, packages in (("lab", EXTRA), ("cloud", CLOUD_EXTRA)):
        extra = {re.match(r"[\w-]+", each)[0] for each in project["optional-dependencies"][name]}
        assert extra == set(packages.values())


def test_a_plain_install_has_all_that_the_daemons_import(plain):
    """No module of theirs wants a package that only the lab or the tests have."""
    result = plain.run("python", "-c", IMPORT_ALL, "baremetal_lb")

    assert result.returncode == 0, result.stderr


def test_the_extra_has_all_that_a_lab_imports(with_lab):
    """No module of mockcloud wants a package that only the tests, or a cloud, have."""
    result = with_lab.run("python", "-c", IMPORT_ALL, "mockcloud", *CLOUD)

    assert result.returncode == 0, result.stderr


def test_the_extras_have_all_that_a_cloud_imports(with_cloud):
    """In a lab or without one."""
    result = with_cloud.run("python", "-c", IMPORT_ALL, "mockcloud")

    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("command", ["baremetal-lb", "mockcloud"])
@pytest.mark.parametrize("option", ["--version", "--help"])
def test_both_commands_answer_in_a_plain_install(plain, command, option):
    """They are there, and know their version."""
    result = plain.run(command, option)

    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert (result.returncode, result.stderr) == (0, "")
    assert (f"{command}, version {version}" if option == "--version" else "Usage:") in result.stdout


def test_a_configuration_is_checked_in_a_plain_install(plain):
    """The command that needs no cluster."""
    result = plain.run("baremetal-lb", "check-config", "-", input=POOLS)

    assert result.returncode == 0, result.stdout + result.stderr


def test_a_lab_without_its_packages_says_what_to_type(plain, tmp_path):
    """One line; nothing is started."""
    result = plain.run("mockcloud", "up", "--name", "wheel", env={"XDG_STATE_HOME": str(tmp_path)})

    assert result.returncode == 1
    assert result.stderr == (
        "mockcloud: a lab needs Python packages that are not installed here: "
        "dnspython, google-re2, jsonpatch, pyjwt, pyroute2, trustme. Type: pip install 'baremetal-lb[lab]'\n"
    )
    assert list(tmp_path.iterdir()) == []


class InstalledLab(Lab):
    """A lab of an installed wheel."""

    def __init__(self, name, install):
        super().__init__(name)
        self._mockcloud = str(install.home / "bin" / "mockcloud")

    def _command(self, verb):
        return [self._mockcloud, verb, "--name", self.name]


@pytest.fixture
def pruned(wheel, tmp_path):
    """`pip install baremetal-lb[lab]` without what an image leaves out, as far as a lab can."""
    made = install(wheel, tmp_path / "pruned", "lab")
    script = runpy.run_path(str(ROOT / "image" / "prune"))
    unused = {each: kept for each, kept in script["UNUSED"].items() if each not in ONLY_IN_AN_IMAGE}
    script["prune"](made.packages, unused)
    return made


@pytest.mark.netns
def test_a_lab_of_the_wheel_serves_an_external_address(pruned, tmp_path, monkeypatch):
    """Both daemons, the lab and its pods run outside of a checkout, and without what image/prune removes."""
    kubectl = find_kubectl()
    if kubectl is None:
        pytest.skip("there is no kubectl")
    monkeypatch.chdir(tmp_path)  # Python finds modules in the folder where it is started
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    lab = InstalledLab("wheel", pruned)
    with lab.running():
        cluster = Cluster(lab, kubectl)
        cluster.kubectl("apply", "-f", str(MANIFEST))
        address = cluster.address("whoami")

        assert lab.fetch("client", f"http://{address}", times=1)


@pytest.mark.netns
def test_somebody_elses_tests_have_a_lab(with_testing, tmp_path):
    """The sample repository's, copied, with nothing but what docs/testing.md says to install."""
    theirs = shutil.copytree(ROOT / "examples" / "tested-application", tmp_path / "theirs")
    environment = {name: text for name, text in os.environ.items() if name != "PYTEST_ADDOPTS"}
    environment["XDG_STATE_HOME"] = str(tmp_path / "state")
    options = ("-q", "-p", "no:cacheprovider", "--mockcloud-required")
    result = with_testing.run("python", "-m", "pytest", *options, str(theirs), env=environment, seconds=280)

    assert result.returncode == 0, result.stdout + result.stderr
    assert "2 passed" in result.stdout
    assert not any((tmp_path / "state").rglob("kubeconfig"))
