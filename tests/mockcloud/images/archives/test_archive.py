"""Archives of images are read, whoever wrote them."""

import json
import tarfile

import pytest

from mockcloud.images.archives.archive import ArchiveError, opened
from mockcloud.images.archives.image_config import ConfigError, ImageConfig
from tests.mockcloud.images.archives.samples import layer, layout, packed, saved

CONFIG = {"architecture": "amd64", "os": "linux", "config": {"Cmd": ["/shop"]}}
LAYERS = (layer(("a", "1")), layer(("b", "2"), compression="gz"))


def _read(path, content):
    """names, config and the names of the files in each layer, of each image."""
    if isinstance(content, dict):
        for name, text in content.items():
            (path / name).parent.mkdir(parents=True, exist_ok=True)
            (path / name).write_bytes(text)
    else:
        path = path / "image.tar"
        path.write_bytes(content)
    with opened(path, "x86_64") as images:
        return [(one.names, one.config, [_names(each) for each in one.layers]) for one in images]


def _names(file):
    with tarfile.open(fileobj=file) as tar:
        return tar.getnames()


NAMED = {"io.containerd.image.name": "docker.io/library/shop:v1", "org.opencontainers.image.ref.name": "v1"}


@pytest.mark.parametrize(
    ("content", "names"),
    [
        pytest.param(saved(CONFIG, LAYERS), ("shop:v1",), id="docker-save"),
        pytest.param(saved(CONFIG, LAYERS, ()), (), id="docker-save-by-number"),
        pytest.param(packed(layout(CONFIG, LAYERS, NAMED)), ("docker.io/library/shop:v1",), id="oci-archive"),
        pytest.param(
            packed({f"./{name}": text for name, text in layout(CONFIG, LAYERS, NAMED).items()}),
            ("docker.io/library/shop:v1",),
            id="packed-by-tar",
        ),
        pytest.param(
            layout(CONFIG, LAYERS, {"org.opencontainers.image.ref.name": "v1"}), (), id="a-tag-alone"
        ),
        pytest.param(layout(CONFIG, LAYERS, nested=True), (), id="for-several-machines"),
    ],
)
def test_an_archive_says_names_config_and_layers(tmp_path, content, names):
    """The lowest layer first; a tag alone is no name."""
    assert _read(tmp_path, content) == [(names, ImageConfig(command=("/shop",)), [["a"], ["b"]])]


def test_a_folder_and_a_tar_of_files_are_an_image_without_a_config(tmp_path):
    """Their only layer is all of it, and belongs to root."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "shop").write_text("1")
    with opened(tmp_path, "x86_64") as (image,):
        assert (image.names, image.config) == ((), ImageConfig())
        with tarfile.open(fileobj=image.layers[0]) as tar:
            assert [(one.name, one.uid) for one in tar] == [("bin", 0), ("bin/shop", 0)]
    assert _read(tmp_path, layer(("etc", None), compression="xz")) == [((), ImageConfig(), [["etc"]])]


def test_images_of_other_files_have_other_digests(tmp_path):
    """What is unpacked already is known by them."""
    digests = set()
    for number, content in enumerate(
        (saved(CONFIG, LAYERS), saved({**CONFIG, "config": {}}, LAYERS), LAYERS[0])
    ):
        path = tmp_path / f"{number}.tar"
        path.write_bytes(content)
        with opened(path, "x86_64") as (image,):
            digests.add(image.digest)
    assert len(digests) == 3


MANIFEST = [{"Config": "c.json", "RepoTags": [], "Layers": ["1"]}]


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"text", "expected a tar"),
        (saved(CONFIG, LAYERS)[:700], "expected a tar"),
        (packed({"manifest.json": b"{"}), "manifest.json is no JSON"),
        (packed({"manifest.json": b"{}"}), "manifest.json: expected a list"),
        (packed({"manifest.json": json.dumps(MANIFEST).encode()}), "no file c.json"),
        (saved(CONFIG, (b"\x28\xb5\x2f\xfdzz",)), "is packed by zstd"),
        (packed({"index.json": b'{"manifests": [{"digest": "sha256:../../x"}]}'}), "a digest is"),
        (packed({"index.json": b'{"manifests": [{"digest": "sha256:aa"}]}'}), "no file blobs/sha256/aa"),
        ({"oci-layout": b"", "index.json": b"[]"}, "index.json: expected a dict"),
        ({"oci-layout": b""}, "index.json cannot be read"),
    ],
)
def test_what_is_no_image_is_refused(tmp_path, content, complaint):
    """With the part that is wrong, and never a stack trace."""
    with pytest.raises(ArchiveError, match=complaint):
        _read(tmp_path, content)


def test_an_image_of_another_machine_is_refused(tmp_path):
    """It could not run."""
    with pytest.raises(ConfigError, match="'arm64', and this machine's is 'amd64'"):
        _read(tmp_path, saved({**CONFIG, "architecture": "arm64"}, LAYERS))
