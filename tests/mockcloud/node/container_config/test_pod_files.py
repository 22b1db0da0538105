"""A pod's volumes on the host, and what its containers see of them."""

import os
from dataclasses import replace
from pathlib import PurePosixPath

import pytest

from mockcloud.node.container_config.host_paths import HostPaths
from mockcloud.node.container_config.pod_files import ETC, BadMount, PodFiles
from mockcloud.node.pods.downward.fields import Place, PodFields
from mockcloud.node.pods.files.convert import volume
from mockcloud.node.pods.files.sources import Kind
from mockcloud.node.pods.rendering import NoVolume, Origins
from mockcloud.node.pods.spec import ContainerSpec, MountSpec, PodSpec
from mockcloud.pod_ids import PodIds

CONF = {"name": "conf", "configMap": {"name": "conf"}}
SCRATCH = {"name": "scratch", "emptyDir": {}}


class World:
    """One pod's files in a folder, and the ConfigMaps there are."""

    def __init__(self, folder, *volumes):
        self.spec = PodSpec("u", "shop", "web-1", (), volumes=tuple(map(volume, volumes)))
        self.files = PodFiles(
            folder / "pod", folder / "claims", self.spec, PodIds(os.getuid(), 1), HostPaths(folder / "disk")
        )
        self.data = {"a": "1", "ca.crt": "CA"}
        fields = PodFields(self.spec, {}, "default", Place("node-1", ("1.1.1.1",), (), {}))
        self.origins = Origins(self.find, fields)

    def find(self, kind, name):
        return (
            {"data": self.data}
            if (kind, name) in ((Kind.CONFIG_MAP, "conf"), (Kind.CONFIG_MAP, "kube-root-ca.crt"))
            else None
        )

    def bind(self, mount, **values):
        """Where the mount leads, in the pod's folder, and whether it is read-only."""
        found = {
            bind.target: bind for bind in self.files.binds(ContainerSpec("c", "i", mounts=(mount,)), values)
        }
        bind = found[mount.path.rstrip("/")]
        return os.path.normpath(f"{bind.source}/{bind.inside}").removeprefix(
            str(self.files.folder)
        ), bind.read_only


def test_volumes_are_made_and_refreshed(tmp_path):
    """A ConfigMap's change arrives; while it is away, the files stay."""
    world = World(tmp_path, CONF, SCRATCH)
    world.files.make(world.origins)
    assert (tmp_path / "pod/volumes/conf/a").read_text() == "1"
    assert (tmp_path / "pod/volumes/scratch").stat().st_mode & 0o777 == 0o777
    world.data = {"a": "2"}
    world.files.refresh(world.origins)
    assert (tmp_path / "pod/volumes/conf/a").read_text() == "2"
    world.files.refresh(Origins(lambda _kind, _name: None, world.origins.fields))
    assert (tmp_path / "pod/volumes/conf/a").read_text() == "2"


@pytest.mark.parametrize(
    ("obj", "complaint"),
    [
        (
            {"name": "v", "configMap": {"name": "x"}},
            'MountVolume.SetUp failed for volume "v" : configmap "x" not found',
        ),
        ({"name": "v", "nfs": {}}, "volumes of kind nfs are not supported"),
        ({"name": "v", "hostPath": {"path": "/proc"}}, "hostPath /proc is not to be had: each pod has"),
        ({"name": "v", "hostPath": {"path": "/a", "type": "File"}}, "type check failed: /a is not a file"),
        ({"name": "v", "hostPath": {"path": "/a", "type": "Socket"}}, "/a is not a socket file"),
        ({"name": "v", "hostPath": {"path": "/a/b", "type": "FileOrCreate"}}, "No such file or directory"),
        ({"name": "v", "hostPath": {"path": "/etc/hosts", "type": "Directory"}}, "is not a directory"),
    ],
)
def test_a_volume_that_cannot_be_made_says_why(tmp_path, obj, complaint):
    """The message of FailedMount."""
    world = World(tmp_path, obj)
    with pytest.raises(NoVolume, match=complaint):
        world.files.make(world.origins)


def test_a_folder_of_the_machine_is_mounted_where_the_lab_was_told_so(tmp_path):
    """By its real name, and what is below it; read-only."""
    (tmp_path / "site/pages").mkdir(parents=True)
    (tmp_path / "link").symlink_to("site")
    world = World(tmp_path, {"name": "v", "hostPath": {"path": f"{tmp_path}/link/pages"}})
    world.files = replace(world.files, host=HostPaths(tmp_path / "disk", (f"{tmp_path}/site",)))
    world.files.make(world.origins)
    assert world.bind(MountSpec("v", "/v")) == (f"{tmp_path}/site/pages", True)
    assert not (tmp_path / "disk").exists()


@pytest.mark.parametrize(
    ("kind", "path", "read_only", "made"),
    [
        pytest.param("", "/data/x", False, "folder", id="as-a-runtime-makes-what-is-missing"),
        pytest.param("DirectoryOrCreate", "/tmp/x", False, "folder", id="folder"),
        pytest.param("FileOrCreate", "/token", False, "file", id="file"),
        pytest.param("Directory", "/usr", True, None, id="programs-are-the-machine's"),
    ],
)
def test_a_nodes_own_disk(tmp_path, kind, path, read_only, made):
    """What is not the machine's is a folder of the node's, where pods write; a link there leads nowhere."""
    world = World(tmp_path, {"name": "v", "hostPath": {"path": path, "type": kind}})
    for _ in range(2):  # another pod finds it there
        world.files.make(world.origins)
    place, mode = world.bind(MountSpec("v", "/v"))
    assert mode is read_only
    if made is None:
        assert place == os.path.realpath(path)
        return
    assert place == f"{tmp_path}/disk{path}"
    assert (os.path.isfile if made == "file" else os.path.isdir)(place)
    if made == "folder":
        assert world.bind(MountSpec("v", "/v", sub_path="a/b")) == (f"{place}/a/b", False)
        os.symlink(tmp_path, f"{place}/way")
        with pytest.raises(NoVolume, match="a link is on the way"):
            world.files.host.make(f"{path}/way/y", "Directory", os.getuid())
        with pytest.raises(BadMount, match="leads out of its volume"):
            world.bind(MountSpec("v", "/v", sub_path="way/y"))


@pytest.mark.parametrize(
    ("value", "complaint"),
    [
        pytest.param("/tmp", "error SubPath `/tmp` must not be an absolute path", id="absolute"),
        pytest.param("a/../../b", "SubPath `a/../../b`: must not contain '..'", id="up"),
    ],
)
def test_a_sub_path_that_a_variable_leads_astray(tmp_path, value, complaint):
    """In kubelet's words."""
    world = World(tmp_path, SCRATCH)
    world.files.make(world.origins)
    with pytest.raises(BadMount, match=complaint):
        world.bind(MountSpec("scratch", "/a", sub_path="$(P)", expand=True), P=value)


def test_a_link_in_a_volume_leads_nowhere_while_a_sub_path_is_made(tmp_path):
    """The pod can change its volume between the look and the mount: what is made stays inside."""
    world = World(tmp_path, SCRATCH)
    world.files.make(world.origins)
    scratch, outside = tmp_path / "pod/volumes/scratch", tmp_path / "outside"
    outside.mkdir()
    (scratch / "way").symlink_to(outside)
    with pytest.raises(BadMount, match="leads out of its volume"):
        world.bind(MountSpec("scratch", "/a", sub_path="way/new"))
    with pytest.raises(BadMount, match="is a link, or no folder"):
        world.files._make_inside(scratch, PurePosixPath("way/new"))
    assert list(outside.iterdir()) == []


def test_mounts_lead_to_volumes(tmp_path):
    """What comes from objects is read-only; subPath names a file or folder in a volume."""
    world = World(tmp_path, CONF, SCRATCH, {"name": "data", "persistentVolumeClaim": {"claimName": "c"}})
    world.files.claimed["c"] = "pvc-1"
    world.files.make(world.origins)
    assert world.bind(MountSpec("conf", "/conf/")) == ("/volumes/conf", True)
    assert world.bind(MountSpec("scratch", "/s")) == ("/volumes/scratch", False)
    assert world.bind(MountSpec("scratch", "/s", read_only=True)) == ("/volumes/scratch", True)
    assert world.bind(MountSpec("data", "/d")) == (str(tmp_path / "claims/pvc-1"), False)
    source, _ = world.bind(MountSpec("conf", "/etc/a", sub_path="a"))
    assert source.endswith("/a")
    assert ".." in source  # the file itself: it is not replaced while it is mounted
    assert world.bind(MountSpec("scratch", "/s", sub_path="x/y")) == ("/volumes/scratch/x/y", False)
    assert world.bind(MountSpec("scratch", "/s", "$(POD)/z", expand=True), POD="p") == (
        "/volumes/scratch/p/z",
        False,
    )


@pytest.mark.parametrize(
    ("mount", "complaint"),
    [
        (MountSpec("none", "/x"), 'there is no volume "none"'),
        (MountSpec("scratch", "/../"), "expected another place than the root"),
        (MountSpec("conf", "/x", sub_path="b"), "there is no such file"),
        (MountSpec("scratch", "/x", sub_path="up/../../../y"), "must not contain '..'"),
        (MountSpec("scratch", "/x", sub_path="link/hosts"), "leads out of its volume"),
    ],
)
def test_a_mount_that_leads_nowhere_is_refused(tmp_path, mount, complaint):
    """Links in a volume are its containers' work, and must not open the host."""
    world = World(tmp_path, CONF, SCRATCH)
    world.files.make(world.origins)
    (tmp_path / "pod/volumes/scratch/link").symlink_to("/etc")
    with pytest.raises(BadMount, match=complaint):
        world.bind(mount)


def test_the_files_in_etc_are_there_unless_the_pod_has_its_own(tmp_path):
    """Four, as a kubelet and a runtime give them."""
    world = World(tmp_path, SCRATCH)
    world.files.make(world.origins)
    assert not world.files.has_etc()
    world.files.write_etc(dict.fromkeys(ETC[:2], "text"))
    assert not world.files.has_etc()
    world.files.write_etc(dict.fromkeys(ETC, "text"))
    assert world.files.has_etc()
    targets = {bind.target: bind for bind in world.files.binds(ContainerSpec("c", "i"), {})}
    assert set(targets) == {f"/etc/{name}" for name in ETC}
    own = ContainerSpec("c", "i", mounts=(MountSpec("scratch", "/etc/hosts"),))
    found = [(bind.source, bind.target) for bind in world.files.binds(own, {})]
    assert [source for source, target in found if target == "/etc/hosts"] == [
        str(tmp_path / "pod/volumes/scratch")
    ]


def test_a_token_that_is_renewed_takes_the_place_of_the_one_before_at_once(tmp_path):
    """The folder that readers see changes by one rename; a token that cannot be had leaves the old one."""
    sources = [
        {"serviceAccountToken": {"path": "token", "expirationSeconds": 3607}},
        {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
        {"downwardAPI": {"items": [{"path": "namespace", "fieldRef": {"fieldPath": "metadata.namespace"}}]}},
    ]
    world = World(tmp_path, {"name": "kube-api-access-x", "projected": {"sources": sources}})
    folder = tmp_path / "pod/volumes/kube-api-access-x"

    def written(tokens):
        origins = replace(world.origins, tokens=tokens)
        world.files.refresh(origins)
        return {name: (folder / name).read_text() for name in ("token", "ca.crt", "namespace")}

    assert written(lambda _: "one") == {"token": "one", "ca.crt": "CA", "namespace": "shop"}
    before = os.readlink(folder / "..data")
    assert written(lambda _: "two")["token"] == "two"
    assert os.readlink(folder / "..data") != before

    def none(_):
        msg = "no token"
        raise NoVolume(msg)

    assert written(none)["token"] == "two"
