"""The image of `make image`: what it says of itself, and that its daemons start with the rights promised."""

import json
import os
import tomllib

import pytest

from testkit import daemons
from testkit.container import CLUSTER, SPEAKER_ALONE, Confinement, Image
from tests.packaging.installs import ROOT

VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
ARCHIVE = ROOT / "dist" / f"baremetal-lb-{VERSION}.oci.tar"
USER = 65532
NET_RAW = 13
UNCHECKED_HASH = b"\1\0\0\0"
pytestmark = [
    pytest.mark.skipif(not ARCHIVE.exists(), reason="there is no image: `make image` (as root) makes it"),
    pytest.mark.skipif(os.getuid() != 0, reason="not root: an image's files have owners"),
]


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    """The image, unpacked."""
    return Image.unpack(ARCHIVE, tmp_path_factory.mktemp("image") / "image")


@pytest.fixture(scope="module")
def api(kube_api, image):
    """An API with a node and a pool; the image has the kubeconfig for it."""
    kube_api.kubectl("apply", "-f", "-", stdin=CLUSTER)
    (image.root / "kubeconfig").write_bytes(kube_api.kubeconfig.read_bytes())
    return kube_api


def test_the_image_says_what_it_is(image):
    """User, entrypoint and OCI annotations."""
    labels = image.config["Labels"]

    assert image.config["User"] == f"{USER}:{USER}"
    assert image.config["Entrypoint"] == ["baremetal-lb"]
    assert labels["org.opencontainers.image.version"] == VERSION
    assert {"title", "description", "revision", "licenses"} <= {each.rpartition(".")[2] for each in labels}


def test_no_file_of_the_image_gives_rights_but_the_speakers_interpreter(image):
    """No set-uid program and nothing that others may write in what we add, and one file capability."""
    files = [path for path in (image.root / "app").rglob("*") if path.is_file() and not path.is_symlink()]
    with_rights = {path.name for path in files if "security.capability" in os.listxattr(path)}

    assert with_rights == {"python-net-raw"}
    assert not [path for path in files if path.stat().st_mode & 0o6002]


def test_no_module_of_the_image_is_compiled_by_its_time(image):
    """Such a one would be compiled at each start again, and differ from build to build (PEP 552, flags)."""
    compiled = [*(image.root / "app").rglob("*.pyc"), *image.root.glob("usr/lib/python3.*/**/*.pyc")]

    assert compiled
    assert not [str(path) for path in compiled if path.read_bytes()[4:8] != UNCHECKED_HASH]


def test_the_image_lists_what_is_in_it(image):
    """CycloneDX, every Python package with its version and licence."""
    listed = json.loads((image.root / "app/sbom.cdx.json").read_text())
    found = {each["name"] for each in listed["components"]}

    assert listed["bomFormat"] == "CycloneDX"
    assert {"aiohttp", "kubernetes"} <= found
    assert not {"pip", "hatchling", "dnspython", "pyroute2", "scapy"} & found


STARTS = {
    "controller": (("baremetal-lb", "controller", "--metrics-port", "0"), Confinement(USER)),
    "speaker as root with NET_RAW": (("baremetal-lb", "speaker", *SPEAKER_ALONE), Confinement(0, (NET_RAW,))),
    "speaker as a user, by file capability": (
        ("baremetal-lb-speaker", *SPEAKER_ALONE),
        Confinement(USER, (NET_RAW,), may_gain=True),
    ),
}


@pytest.mark.parametrize("command", STARTS)
def test_a_daemon_starts_with_the_rights_that_it_was_promised(image, api, tmp_path, command):
    """In a read-only root, as that uid, with no other capabilities; it gets ready and stops in order."""
    (program, *arguments), confinement = STARTS[command]
    words = ["env", *image.config["Env"], program, *arguments, "--kubeconfig", "/kubeconfig"]

    process = daemons.start(words, log=tmp_path / "log", enter=image.enter(confinement))

    assert daemons.stop(process) == 0, (tmp_path / "log").read_text()


@pytest.mark.parametrize("capabilities", [(), (NET_RAW,)], ids=["without", "with"])
def test_a_speaker_that_gets_no_net_raw_says_so(image, api, tmp_path, capabilities):
    """The plain interpreter starts with all capabilities dropped; a user never has NET_RAW by it."""
    words = image.command("speaker", *SPEAKER_ALONE, "--kubeconfig", "/kubeconfig")

    with pytest.raises(daemons.StartError, match="NET_RAW"):
        daemons.start(words, log=tmp_path / "log", enter=image.enter(Confinement(USER, capabilities)))
