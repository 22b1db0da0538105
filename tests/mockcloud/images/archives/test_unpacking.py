"""Layers become files, and nothing outside of their folder is touched."""

import io
import json
import os
import sys
import sysconfig
import tarfile

import pytest

from mockcloud.images.archives.archive import ArchiveError
from mockcloud.images.archives.unpacking import unpack
from mockcloud.lab.errors import LabError
from mockcloud.lab.forking import fork
from mockcloud.lab.namespaces import enter_user_and_pid_namespace
from mockcloud.pod_ids import PodIds
from tests.mockcloud.images.archives.samples import layer

pytestmark = pytest.mark.netns
NO_NAMESPACE = 77


@pytest.fixture
def unpacked(tmp_path):
    """unpacked(layers...) -> path below the root -> what is there: by a process in a user namespace."""
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "outside").write_text("as it was")

    def run(*layers, user=""):
        read, write = os.pipe()

        def work():
            try:
                enter_user_and_pid_namespace()
            except LabError:
                return NO_NAMESPACE
            try:
                found = unpack([io.BytesIO(one) for one in layers], root, PodIds(0, 1), user)
                os.write(write, json.dumps([found.uid, found.gid, found.home]).encode())
            except (ArchiveError, OSError) as error:
                os.write(write, json.dumps(str(error)).encode())
            return 0

        code = os.waitstatus_to_exitcode(os.waitpid(fork(work), 0)[1])
        os.close(write)
        with os.fdopen(read) as file:
            said = file.read()
        if code == NO_NAMESPACE:
            pytest.skip("this system gives no user namespace")
        assert code == 0
        assert (tmp_path / "outside").read_text() == "as it was"
        assert sorted(os.listdir(tmp_path)) == ["outside", "root"]
        answer = json.loads(said)
        return answer if isinstance(answer, str) else _files(root)

    return run


def _files(root):
    found = {}
    for path in root.rglob("*"):
        if path.is_symlink():
            found[str(path.relative_to(root))] = f"-> {os.readlink(path)}"
        elif path.is_file():
            found[str(path.relative_to(root))] = path.read_text()
        elif not any(path.iterdir()):
            found[str(path.relative_to(root))] = None
    return found


def _special(name, kind, target=""):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


@pytest.mark.parametrize(
    ("layers", "files"),
    [
        pytest.param(
            [[("a", "1"), ("d", None)], [("a", "2"), ("d/b", "3")]], {"a": "2", "d/b": "3"}, id="later-counts"
        ),
        pytest.param([[("a", "1"), ("b", "2")], [(".wh.a", "")]], {"b": "2"}, id="whiteout"),
        pytest.param(
            [[("d/a", "1"), ("d/b", "2")], [("d/c", "3"), ("d/.wh..wh..opq", "")]],
            {"d/c": "3"},
            id="opaque-folder",
        ),
        pytest.param([[("d/a", "1")], [(".wh.d", ""), ("d/b", "2")]], {"d/b": "2"}, id="a-folder-made-anew"),
        pytest.param([[("a", "1")], [(".wh...", ""), (".wh..", "")]], {"a": "1"}, id="whiteout-of-no-name"),
        pytest.param([[("d/a", "1")], [("d", "file")]], {"d": "file"}, id="folder-becomes-file"),
        pytest.param([[("d", "file")], [("d/a", "1")]], {"d/a": "1"}, id="file-becomes-folder"),
        pytest.param(
            [[("l", "-> /t"), ("t", "1")], [("l", "2")]], {"l": "2", "t": "1"}, id="link-becomes-file"
        ),
        pytest.param(
            [[("usr/bin", None), ("bin", "-> usr/bin")], [("bin/sh", "1")]],
            {"usr/bin/sh": "1", "bin": "-> usr/bin"},
            id="through-a-link",
        ),
        pytest.param(
            [[("etc", None), ("out", "-> /etc")], [("out/x", "1")]],
            {"etc/x": "1", "out": "-> /etc"},
            id="absolute-link",
        ),
        pytest.param(
            [[("out", "-> ../../../.."), ("out/outside", "bad")]],
            {"out": "-> ../../../..", "outside": "bad"},
            id="a-link-above-the-root",
        ),
        pytest.param([[("../../outside", "bad")]], {"outside": "bad"}, id="a-name-above-the-root"),
        pytest.param(
            [[("a", "1"), _special("b", tarfile.LNKTYPE, "a")]], {"a": "1", "b": "1"}, id="hard-link"
        ),
        pytest.param([[("a", "1"), _special("dev/sda", tarfile.BLKTYPE)]], {"a": "1"}, id="no-devices"),
    ],
)
def test_layers_are_laid_one_on_the_other(unpacked, layers, files):
    """As a container runtime does it; a path or link that leads out leads to the image's own root."""
    assert unpacked(*(layer(*entries) for entries in layers)) == files


def test_a_layer_that_is_none_is_named(unpacked):
    """By its number."""
    assert unpacked(layer(("a", "1")), b"text" * 300).startswith("layer 2 of 2 is no tar")


def test_no_code_of_an_image_runs_while_it_is_unpacked(unpacked, tmp_path, monkeypatch):
    """A layer has a module where ours is, and the next layer is of a kind for which Python looks for it."""
    module = f"{sysconfig.get_path('stdlib').lstrip('/')}/gzip.py"
    layers = layer((module, "open('/ran', 'w')")), layer(("a", "1"), compression="gz")
    monkeypatch.delitem(sys.modules, "gzip")
    assert "no tar" in unpacked(*layers)
    assert (tmp_path / "root" / module).exists()
    assert not (tmp_path / "root" / "ran").exists()
