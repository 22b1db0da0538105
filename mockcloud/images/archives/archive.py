"""Archives of images: what `docker save` writes, OCI's image layout (a tar or a folder), and plain files.

Sources: the OCI image specification's image-layout.md, image-index.md and manifest.md; Docker's image
specification v1.2 for manifest.json. Nothing in here trusts names: blobs are only read, never written.
"""

import contextlib
import hashlib
import json
import os
import tarfile
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from mockcloud.images.archives.image_config import ARCHITECTURES, ImageConfig, image_config

Open = Callable[[str], IO[bytes]]
MOST_JSON: Final = 4 << 20
ZSTD: Final = b"\x28\xb5\x2f\xfd"
DEPTH: Final = 3  # of indexes in indexes
# Where an OCI index says how its image is called; the last is often a tag alone.
NAMES: Final = ("io.containerd.image.name", "org.opencontainers.image.ref.name")
LAYOUT, INDEX, MANIFEST = "oci-layout", "index.json", "manifest.json"


class ArchiveError(Exception):
    """What cannot be an image; the message says of which part, and what was expected."""


@dataclass(frozen=True, slots=True)
class ImageArchive:
    """One image of an archive: its names (none where the archive has none), config and open layers."""

    names: tuple[str, ...]
    config: ImageConfig
    layers: tuple[IO[bytes], ...]  # tars, as they are in the archive: the lowest first
    digest: str  # of hexadecimal digits: of all that the image is


@contextlib.contextmanager
def opened(path: Path, machine: str) -> Iterator[list[ImageArchive]]:
    """The images in an archive or folder; ArchiveError, ConfigError, OSError."""
    with contextlib.ExitStack() as stack:
        try:
            images = _images(path, machine, stack)
        except (tarfile.TarError, EOFError) as error:
            msg = "expected a tar (of `docker save`, an OCI image layout, or of files), or a folder"
            raise ArchiveError(msg) from error
        yield images


def _images(path: Path, machine: str, stack: contextlib.ExitStack) -> list[ImageArchive]:
    if path.is_dir():
        if not (path / LAYOUT).is_file():
            return [_plain(stack.enter_context(_packed(path)))]
        return list(_of_index(_in_folder(path, stack), machine))
    archive = stack.enter_context(tarfile.open(path))  # noqa: SIM115
    names = {name.removeprefix("./") for name in archive.getnames()}
    read = _in_tar(archive, stack)
    if MANIFEST in names:
        return list(_saved(read, machine))
    if INDEX in names:
        return list(_of_index(read, machine))
    return [_plain(stack.enter_context(path.open("rb")))]


def _plain(layer: IO[bytes]) -> ImageArchive:
    """Files without a config."""
    digest = hashlib.sha256()
    while chunk := layer.read(1 << 20):
        digest.update(chunk)
    layer.seek(0)
    return ImageArchive((), ImageConfig(), (layer,), digest.hexdigest())


@contextlib.contextmanager
def _packed(folder: Path) -> Iterator[IO[bytes]]:
    """A folder's files as a tar, all root's, as a Dockerfile's COPY has them."""

    def roots(member: tarfile.TarInfo) -> tarfile.TarInfo:
        member.uid = member.gid = 0
        return member

    with tempfile.TemporaryFile() as file:
        with tarfile.open(fileobj=file, mode="w") as tar:
            for name in sorted(os.listdir(folder)):
                tar.add(folder / name, name, filter=roots)
        file.seek(0)
        yield file


def _in_folder(folder: Path, stack: contextlib.ExitStack) -> Open:
    def read(name: str) -> IO[bytes]:
        try:
            return stack.enter_context((folder / name).open("rb"))
        except OSError as error:
            msg = f"{name} cannot be read: {error.strerror}"
            raise ArchiveError(msg) from error

    return read


def _in_tar(archive: tarfile.TarFile, stack: contextlib.ExitStack) -> Open:
    prefix = "./" if any(name.startswith("./") for name in archive.getnames()) else ""

    def read(name: str) -> IO[bytes]:
        try:
            found = archive.extractfile(prefix + name)
        except KeyError:
            found = None
        if found is None:
            msg = f"the archive has no file {name}"
            raise ArchiveError(msg)
        return stack.enter_context(found)

    return read


def _saved(read: Open, machine: str) -> Iterator[ImageArchive]:
    """By `docker save`'s manifest.json."""
    for each in _expect(_json(read, MANIFEST), list, MANIFEST):
        image = _expect(each, dict, MANIFEST)
        config = _expect(image.get("Config"), str, f"{MANIFEST}: Config")
        layers = [_expect(one, str, "Layers") for one in _expect(image.get("Layers"), list, "Layers")]
        yield _image(tuple(image.get("RepoTags") or ()), read, config, layers, machine)


def _of_index(read: Open, machine: str) -> Iterator[ImageArchive]:
    """By OCI's index.json: of each image in it, that of this machine."""
    for each in _expect(_json(read, INDEX), dict, INDEX).get("manifests") or ():
        descriptor = _expect(each, dict, INDEX)
        manifest = _manifest(read, descriptor, ARCHITECTURES.get(machine, machine), DEPTH)
        notes = descriptor.get("annotations") or {}
        names = tuple(notes[key] for key in NAMES if _is_name(notes.get(key)))[:1]
        config = _blob(_expect(manifest.get("config"), dict, "a manifest's config"))
        layers = [
            _blob(_expect(one, dict, "a layer")) for one in _expect(manifest.get("layers"), list, "layers")
        ]
        yield _image(names, read, config, layers, machine)


def _manifest(read: Open, descriptor: Mapping[str, Any], architecture: str, depth: int) -> dict[str, Any]:
    name = _blob(descriptor)
    found: dict[str, Any] = _expect(_json(read, name), dict, name)
    if "manifests" not in found:
        return found
    fitting = []
    for one in _expect(found["manifests"], list, name):
        platform = _expect(one, dict, name).get("platform") or {}
        if (platform.get("os", "linux"), platform.get("architecture", architecture)) == (
            "linux",
            architecture,
        ):
            fitting.append(one)
    if not fitting or not depth:
        msg = f"it has no image for linux/{architecture}"
        raise ArchiveError(msg)
    return _manifest(read, fitting[0], architecture, depth - 1)


def _image(names: tuple[str, ...], read: Open, config: str, layers: list[str], machine: str) -> ImageArchive:
    said = read(config).read(MOST_JSON)
    opened_layers = tuple(map(read, layers))
    for name, layer in zip(layers, opened_layers, strict=True):
        if layer.read(len(ZSTD)) == ZSTD:
            msg = f"its layer {name} is packed by zstd: expected a tar as it is, or by gzip, bzip2 or xz"
            raise ArchiveError(msg)
        layer.seek(0)
    digest = hashlib.sha256(said + "".join(layers).encode()).hexdigest()
    return ImageArchive(names, image_config(_parsed(said, config), machine), opened_layers, digest)


def _is_name(text: object) -> bool:
    """Whether it says more than a tag."""
    return isinstance(text, str) and (":" in text or "/" in text)


def _blob(descriptor: Mapping[str, Any]) -> str:
    digest = descriptor.get("digest")
    algorithm, _, number = _expect(digest, str, "a descriptor's digest").partition(":")
    if not (algorithm.isalnum() and number.isalnum()):
        msg = f"a digest is {digest!r}: expected ALGORITHM:NUMBER"
        raise ArchiveError(msg)
    return f"blobs/{algorithm}/{number}"


def _json(read: Open, name: str) -> object:
    return _parsed(read(name).read(MOST_JSON), name)


def _parsed(text: bytes, name: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        msg = f"{name} is no JSON: {error}"
        raise ArchiveError(msg) from error


def _expect(value: object, kind: type, where: str) -> Any:  # noqa: ANN401 - of that kind
    if not isinstance(value, kind):
        msg = f"{where}: expected a {kind.__name__}, got {value!r:.80}"
        raise ArchiveError(msg)
    return value
