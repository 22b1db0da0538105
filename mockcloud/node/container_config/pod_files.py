"""A pod's files on the host: its volumes and what is special in its /etc, in the pod's folder."""

import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Final

from mockcloud.node.container_config.atomic_files import write_files
from mockcloud.node.container_config.host_paths import HostPaths
from mockcloud.node.pods.environment.expansion import TooLong, expand, lookup
from mockcloud.node.pods.files.sources import Claim, EmptyDir, Files, HostPath, Unsupported, Volume
from mockcloud.node.pods.rendering import File, NoVolume, Origins, volume_files
from mockcloud.node.pods.spec import ContainerSpec, MountSpec, PodSpec
from mockcloud.node.sandbox.memory import MemoryVolumes
from mockcloud.node.sandbox.paths import descend, named
from mockcloud.node.sandbox.view import Bind
from mockcloud.pod_ids import PodIds
from mockcloud.quantities import in_units

LOG: Final = logging.getLogger(__name__)
ETC: Final = ("hosts", "hostname", "nsswitch.conf", "resolv.conf")
GROUP_READS: Final = 0o440
MOST_WORDS: Final = 4096  # kubelet reads as much


class BadMount(Exception):
    """A container's mount cannot be had; the message is for its status."""


@dataclass(frozen=True, slots=True)
class PodFiles:
    """The files of one pod; `claims` is where claimed volumes are kept."""

    folder: Path
    claims: Path
    spec: PodSpec
    ids: PodIds
    host: HostPaths
    memory: MemoryVolumes = field(default_factory=MemoryVolumes)
    claimed: dict[str, str] = field(default_factory=dict)  # claim -> its folder's name

    def make(self, origins: Origins) -> None:
        """Make every volume; NoVolume, in kubelet's words, with the volume's name."""
        for volume in self.spec.volumes:
            try:
                self._make(volume, origins)
            except NoVolume as error:
                msg = f'MountVolume.SetUp failed for volume "{volume.name}" : {error}'
                raise NoVolume(msg) from error
            except OSError as error:
                msg = f'MountVolume.SetUp failed for volume "{volume.name}" : {error.strerror}'
                raise NoVolume(msg) from error

    def refresh(self, origins: Origins) -> None:
        """Write again what comes from ConfigMaps, Secrets and fields; what is missing now stays as it was."""
        for volume in self.spec.volumes:
            if isinstance(volume.content, Files):
                try:
                    self._make(volume, origins)
                except (NoVolume, OSError) as error:
                    LOG.warning("%s: volume %s is not updated: %s", self.spec.label, volume.name, error)

    def write_etc(self, files: Mapping[str, str]) -> None:
        """The pod's own hosts, hostname, nsswitch.conf and resolv.conf."""
        folder = self.folder / "etc"
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            fresh = (
                folder / f".{name}"
            )  # an agent may be killed at any moment: each file is there whole, or not
            fresh.write_text(text)
            fresh.chmod(0o644)
            os.chown(fresh, *self._owner)
            fresh.rename(folder / name)

    def has_etc(self) -> bool:
        """Whether all that `write_etc` writes is there."""
        return all((self.folder / "etc" / name).exists() for name in ETC)

    def clear_last_words(self, container: ContainerSpec) -> None:
        """Before a run: what it leaves there is its message."""
        self._last_words(container).parent.mkdir(parents=True, exist_ok=True)
        self._last_words(container).write_bytes(b"")
        self._last_words(container).chmod(0o666)
        os.chown(self._last_words(container), *self._owner)

    def last_words(self, container: ContainerSpec) -> str:
        """What the last run left."""
        try:
            with self._last_words(container).open("rb") as file:
                return file.read(MOST_WORDS).decode(errors="replace")
        except OSError:
            return ""

    def binds(self, container: ContainerSpec, values: Mapping[str, str]) -> list[Bind]:
        """What the container sees where; `values` are its variables, for subPathExpr. BadMount."""
        found = [Bind(str(self.folder / "etc" / name), f"/etc/{name}", read_only=False) for name in ETC]
        mounts = {absolute(mount.path): mount for mount in container.mounts}
        if "/" in mounts:
            msg = f'volumeMount "{mounts["/"].path}": expected another place than the root'
            raise BadMount(msg)
        if container.last_words:
            place = str(self._last_words(container))
            found.append(Bind(place, absolute(container.last_words), read_only=False))
        taken = [bind for bind in found if bind.target not in mounts]
        return [*taken, *(self._bind(path, mount, values) for path, mount in mounts.items())]

    def _make(self, volume: Volume, origins: Origins) -> None:
        match volume.content:
            case Files():
                files = volume_files(volume.content, origins)
                if self.spec.fs_group is not None:
                    files = {
                        path: File(file.content, file.mode | GROUP_READS) for path, file in files.items()
                    }
                write_files(self._place(volume), files, self._owner)
            case EmptyDir(memory=True, size=size):
                self._make_writable(self._place(volume))
                user, group = self._owner
                mode = self._place(volume).stat().st_mode & 0o7777
                owned = f"mode={mode:o},uid={user},gid={group}"
                self.memory.mount(
                    self._place(volume), f"{owned},size={in_units(size, '1')}" if size else owned
                )
            case EmptyDir() | Claim():
                self._make_writable(self._place(volume))
            case HostPath(path, kind):
                self.host.make(path, kind, self._owner[0])
            case Unsupported(kind):
                msg = f"volumes of kind {kind} are not supported by this node agent"
                raise NoVolume(msg)

    def _make_writable(self, place: Path) -> None:
        """A folder for all in the pod; with an fsGroup, what is in it already becomes that group's."""
        place.mkdir(parents=True, exist_ok=True)
        grouped = self.spec.fs_group is not None and not self.ids.single
        user, group = self._owner
        if grouped and place.stat().st_gid != group:
            for _, folders, files, fd in os.fwalk(place):
                for name in (*folders, *files):
                    os.chown(name, -1, group, dir_fd=fd, follow_symlinks=False)
        os.chown(place, user, group)
        place.chmod(0o2777 if grouped else 0o777)

    @property
    def _owner(self) -> tuple[int, int]:
        """Whose the pod's files are: its root user's, and its fsGroup's."""
        return self.ids.owner(0, self.spec.fs_group or 0)

    def _last_words(self, container: ContainerSpec) -> Path:
        return self.folder / "last-words" / container.name

    def _place(self, volume: Volume) -> Path:
        match volume.content:
            case Claim(name):
                return self.claims / self.claimed[name]
        return self.folder / "volumes" / volume.name

    def _bind(self, target: str, mount: MountSpec, values: Mapping[str, str]) -> Bind:
        volume = next((one for one in self.spec.volumes if one.name == mount.volume), None)
        if volume is None:
            msg = f'volumeMount "{mount.path}": there is no volume "{mount.volume}"'
            raise BadMount(msg)
        place, inside, writable = self._found(volume)
        writable = writable and not mount.read_only
        if mount.sub_path:
            place = place.resolve()
            inside = self._inside(place, f"{inside}/{_filled_in(mount, values)}".lstrip("/"), create=writable)
        return Bind(str(place), target, read_only=not writable, inside=inside)

    def _found(self, volume: Volume) -> tuple[Path, str, bool]:
        """A folder, the place below it that the volume is, and whether the pod may write there."""
        match volume.content:
            case HostPath(path):
                found = self.host.place(path)
                return found.root, found.inside, found.writable
            case Claim(read_only=read_only):
                return self._place(volume), "", not read_only
        return self._place(volume), "", isinstance(volume.content, EmptyDir)

    def _inside(self, root: Path, sub_path: str, *, create: bool) -> str:
        """What subPath names in a volume: links are followed, but not out of it."""
        found = (root / sub_path).resolve()
        if not found.is_relative_to(root):
            msg = f"failed to prepare subPath {sub_path!r}: it leads out of its volume"
            raise BadMount(msg)
        inside = found.relative_to(root)
        if not found.exists():
            if not create:
                msg = f"failed to prepare subPath {sub_path!r}: there is no such file in its volume"
                raise BadMount(msg)
            self._make_inside(root, inside)
        return str(inside)

    def _make_inside(self, root: Path, inside: PurePath) -> None:
        """The pod may change the volume meanwhile: no link is followed."""
        fd = os.open(root, os.O_PATH | os.O_CLOEXEC)
        try:
            made = descend(fd, inside.parts, self._owner[0])
        except OSError as error:
            msg = f"failed to prepare subPath {str(inside)!r}: {error.strerror}"
            raise BadMount(msg) from error
        finally:
            os.close(fd)
        os.chmod(named(made), 0o777)
        os.close(made)


def absolute(path: str) -> str:
    """The path as a container sees it, which begins at its root."""
    return os.path.normpath("/" + path.strip("/"))


def _filled_in(mount: MountSpec, values: Mapping[str, str]) -> str:
    """A path below the volume, whatever the variables in it say."""
    try:
        path = expand(mount.sub_path, lookup(values)) if mount.expand else mount.sub_path
    except TooLong as error:
        msg = f'volumeMount "{mount.path}": {error}'
        raise BadMount(msg) from error
    if path.startswith("/"):
        msg = f"error SubPath `{path}` must not be an absolute path"
        raise BadMount(msg)
    if ".." in PurePath(path).parts:
        msg = f"unable to provision SubPath `{path}`: must not contain '..'"
        raise BadMount(msg)
    return path
