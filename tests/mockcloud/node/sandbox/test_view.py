"""Mount views on hosts of several kinds, each made up in namespaces of its own."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.netns]
ROOT = Path(__file__).parents[4]
# What a container's program would do with each path: write a text, read it (None), or only ask whether it
# could be written (True). Nothing of the host's is ever opened for writing.
LOOK = """
import json, os, sys
from pathlib import Path
from mockcloud import linux
from mockcloud.linux import CLONE_NEWNS, setns
from mockcloud.node.sandbox.view import Bind, Laid, View, ViewError, make_view

binds, folders, laid, looks = json.loads(sys.argv[1])
if len(sys.argv) > 3:
    linux._MOUNT_SETATTR = int(sys.argv[3])
found = {}
try:
    brought = (Laid(path, content and content.encode(), link) for path, content, link in laid)
    view = View(tuple(Bind(*one) for one in binds), tuple(brought), tuple(folders))
    setns(make_view(view, Path(sys.argv[2])), CLONE_NEWNS)
except ViewError as error:
    looks, found = {}, {"error": str(error)}
for path, text in looks.items():
    if text is True:
        found[path] = "writable" if os.access(path, os.W_OK) else "not to be written"
        continue
    try:
        Path(path).write_text(text) if text else None
        found[path] = Path(path).read_text() if os.path.isfile(path) else sorted(os.listdir(path))
    except OSError as error:
        found[path] = type(error).__name__
print(json.dumps(found))
"""


def see(tmp_path, host, *, binds=(), folders=(), laid=(), looks, extra=()):
    """What is seen in a view, on this host after the shell commands of `host`; skips without namespaces."""
    unshare = shutil.which("unshare") or pytest.skip("unshare is not installed")
    (tmp_path / "root").mkdir()
    asked = json.dumps([binds, folders, laid, looks])
    python = [sys.executable, "-c", LOOK, asked, str(tmp_path / "root"), *extra]
    command = [
        unshare,
        "--user",
        "--map-root-user",
        "--mount",
        "sh",
        "-ec",
        f'{host}\nexec "$@"',
        "sh",
        *python,
    ]
    if subprocess.run([*command[:4], "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("no user namespace to be had")
    done = subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def file(tmp_path):
    """A file to mount."""
    path = tmp_path / "file"
    path.write_text("mounted")
    return str(path)


def test_a_file_is_mounted_where_the_host_has_nothing(tmp_path, file):
    """Below the host's folders and beside them; read-only or not; what is written elsewhere is not kept."""
    found = see(
        tmp_path,
        "",
        binds=[(file, "/usr/share/mockcloud/new/file", True), (file, "/brand/new", False)],
        folders=["/var/work/here"],
        looks={
            "/usr/share/mockcloud/new/file": "changed",
            "/brand/new": "written through",
            "/var/work/here": None,
            "/etc/mockcloud-test": "kept for a while",
            "/tmp": None,
        },
    )
    assert found["/usr/share/mockcloud/new/file"] == "OSError"
    assert found["/brand/new"] == "written through" == Path(file).read_text()
    assert (found["/var/work/here"], found["/tmp"]) == ([], [])
    assert found["/etc/mockcloud-test"] == "kept for a while"
    assert not Path("/etc/mockcloud-test").exists()


def test_files_that_are_mounts_themselves_make_a_folder_be_rebuilt(tmp_path, file):
    """As in a container, whose /etc/hosts and /etc/resolv.conf are mounted by its runtime."""
    found = see(
        tmp_path,
        "mount --bind /etc/hostname /etc/hosts; mount -t tmpfs tmpfs /var/lib",
        binds=[(file, "/etc/hosts", True), (file, "/etc/app/conf", True), (file, "/var/lib/x/y", True)],
        looks={
            "/etc/hosts": None,
            "/etc/app/conf": None,
            "/etc/passwd": True,
            "/etc/mockcloud-test": "kept for a while",
            "/var/lib/x/y": None,
            "/var/log/mockcloud-test": "kept",
        },
    )
    assert found == {
        "/etc/hosts": "mounted",
        "/etc/app/conf": "mounted",
        "/etc/passwd": "not to be written",
        "/etc/mockcloud-test": "kept for a while",
        "/var/lib/x/y": "mounted",
        "/var/log/mockcloud-test": "kept",
    }


def test_a_link_into_a_folder_of_the_containers_own_is_followed(tmp_path, file):
    """As systemd-resolved has it, whose /run is not the container's."""
    found = see(
        tmp_path,
        "mount -t tmpfs tmpfs /etc; ln -s ../run/systemd/resolve/stub-resolv.conf /etc/resolv.conf",
        binds=[(file, "/etc/resolv.conf", False)],
        looks={"/etc/resolv.conf": None, "/run/systemd/resolve/stub-resolv.conf": None},
    )
    assert set(found.values()) == {"mounted"}


def test_an_old_kernel_makes_mounts_read_only_too(tmp_path, file):
    """One without mount_setattr(2), Linux before 5.12."""
    no_such_call = "100000"
    found = see(
        tmp_path,
        "mount -t tmpfs -o nosuid,nodev,noexec,noatime tmpfs /media; mount --bind /etc/hostname /etc/hosts",
        binds=[(file, "/brand/new", True), ("/media", "/brand/media", True)],
        looks={"/brand/new": "no", "/brand/media/x": "no", "/etc/passwd": True},
        extra=[no_such_call],
    )
    assert found == {"/brand/new": "OSError", "/brand/media/x": "OSError", "/etc/passwd": "not to be written"}


def test_a_mount_point_that_cannot_be_is_named(tmp_path, file):
    """A place below a file."""
    found = see(tmp_path, "", binds=[(file, "/brand/new", True), (file, "/brand/new/below", True)], looks={})
    assert found["error"].startswith("the mount point /brand/new/below cannot be made: ")


LAID = [
    ("/var/log/mockcloud-app", None, ""),
    ("/etc/mockcloud-app/conf.d/app.conf", "the image's", ""),
    ("/etc/passwd", "app:x:1:1::/:/bin/sh\n", ""),
    ("/usr/share/mockcloud-app/page", "the image's", ""),
    ("/var/log/mockcloud-app/log", None, "/etc/passwd"),
]


@pytest.mark.parametrize("host", ["", "mount --bind /etc/hostname /etc/hosts"], ids=["overlay", "rebuilt"])
def test_what_an_image_brings_is_the_containers_own_to_change(tmp_path, host):
    """Also in the place of a file of the machine's, which stays as it is; links lead where they say."""
    machines = Path("/etc/passwd").read_text()
    found = see(
        tmp_path,
        host,
        laid=LAID,
        looks={
            "/var/log/mockcloud-app/log": None,
            "/etc/passwd": "changed",
            "/etc/mockcloud-app/conf.d/app.conf": None,
            "/etc/mockcloud-app/conf.d/mine.conf": "mine",
            "/usr/share/mockcloud-app/page": "changed",
            "/var/log/mockcloud-app/other": "written",
        },
    )
    assert found == {
        "/var/log/mockcloud-app/log": "app:x:1:1::/:/bin/sh\n",
        "/etc/passwd": "changed",
        "/etc/mockcloud-app/conf.d/app.conf": "the image's",
        "/etc/mockcloud-app/conf.d/mine.conf": "mine",
        "/usr/share/mockcloud-app/page": "changed",
        "/var/log/mockcloud-app/other": "written",
    }
    assert Path("/etc/passwd").read_text() == machines


def test_what_is_mounted_counts_not_what_the_image_has_there(tmp_path, file):
    """A file, or a folder around it: as with a real image."""
    (tmp_path / "folder").mkdir()
    found = see(
        tmp_path,
        "",
        binds=[(file, "/etc/passwd", False), (str(tmp_path / "folder"), "/usr/share/mockcloud-app", False)],
        laid=LAID,
        looks={"/etc/passwd": None, "/usr/share/mockcloud-app": None},
    )
    assert found == {"/etc/passwd": "mounted", "/usr/share/mockcloud-app": []}


def test_where_it_cannot_be_made_is_said(tmp_path):
    """The thing, and why."""
    found = see(tmp_path, "", laid=[("/brand", "x", ""), ("/brand/below", "y", "")], looks={})
    assert found["error"].startswith("/brand/below, which the image has, cannot be made: ")


def test_where_no_overlay_can_be_the_image_has_no_files_there_and_it_is_said(tmp_path):
    """As on Linux before 5.11; here /opt is of a kind of file system that no overlay takes."""
    found = see(tmp_path, "mount --rbind /proc/sys /opt", laid=[("/opt/mockcloud/page", "x", "")], looks={})
    assert found["error"].startswith("/opt/mockcloud/page, which the image has, cannot be made: ")
