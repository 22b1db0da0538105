"""What a lab needs of the machine, looked at before anything is started: each lack is one message."""

from __future__ import annotations

import errno
import importlib.util
import os
import resource
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mockcloud.lab.address_plan import CLOUD
from mockcloud.lab.errors import LabError, UsageError
from mockcloud.labels import ZONE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mockcloud.lab.plan import Plan
    from mockcloud.lab.state import LabFolder

_ROOM: Final = 16 << 20  # bytes; a lab of 3 nodes writes 3 MiB, and logs and pods come on top
# Open files of the process that has the most, the API: its own, and a node's (measured: 23, with IPv6).
_FILES_AT_LEAST: Final = 96
_FILES_A_NODE: Final = 25
# More than that helps nobody, and programs that close all they could have open take minutes for it.
_FILES_AT_MOST: Final = 1 << 20
# The extra `lab` of pyproject.toml: its packages by the module that each of them brings.
EXTRA: Final = {
    "dns": "dnspython",
    "jsonpatch": "jsonpatch",
    "jwt": "pyjwt",
    "pyroute2": "pyroute2",
    "re2": "google-re2",
    "trustme": "trustme",
}
CLOUD_EXTRA: Final = {each: each for each in ("aiobotocore", "botocore", "cryptography")}  # the extra `cloud`
_CHECKOUT: Final = Path(__file__).resolve().parents[2]  # where it is no wheel that is installed


def check(plan: Plan) -> None:
    """LabError for what the machine lacks, UsageError for a catalogue that is none."""
    _check_packages({**EXTRA, **(CLOUD_EXTRA if plan.provider == CLOUD else {})})
    _check_nft()
    _check_descriptors(plan.nodes)
    if plan.provider == CLOUD:
        if plan.zones or any(label.startswith(f"{ZONE}=") for wish in plan.wishes for label in wish.labels):
            msg = "--zones: with --provider cloud the zones are the cloud's, and its controller names them"
            raise UsageError(msg)
        _check_haproxy()
    if plan.catalogue is not None:
        _check_catalogue(plan.catalogue)


def check_room(folder: LabFolder) -> None:
    """LabError where the lab's folder, which is there, can't take what a lab writes."""
    try:
        with tempfile.TemporaryFile(dir=folder.path) as file:
            # Not asked of statvfs(3), which knows of no quota.
            os.posix_fallocate(file.fileno(), 0, _ROOM)
    except OSError as exc:
        if exc.errno not in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
            raise folder.unusable(exc) from exc
        place = f"{folder.path} ({exc.strerror})"
        msg = f"a lab needs {_ROOM >> 20} MiB in {place}: make room, or name another place by XDG_STATE_HOME"
        raise LabError(msg) from exc


def has_haproxy() -> bool:
    """Whether HAProxy is installed: Ingresses are served by it."""
    return _is_installed("haproxy")


def unreadable(folders: Iterable[Path] = ()) -> str:
    """Root's pods have users of their own: which folder these can't read, and what to type; "" for none.

    Such a lab never gets ready: the balancer's pods can't load their program. `folders`: by default this
    Python's environment and the packages.
    """
    for folder in folders or (Path(sys.prefix), Path(__file__).parents[1]):
        mode = folder.stat().st_mode & 0o777
        if os.geteuid() == 0 and mode & 0o005 != 0o005:
            return f"pods' users can't read {folder} (mode {mode:o}). Type: chmod -R go+rX {folder}"
    return ""


def _check_packages(wanted: Mapping[str, str]) -> None:
    """A plain install of the wheel is for the daemons; they are not imported here, only looked for."""
    missing = [module for module in wanted if importlib.util.find_spec(module) is None]
    if missing:
        packages = ", ".join(sorted(wanted[module] for module in missing))
        extras = "lab,cloud" if any(module in CLOUD_EXTRA for module in missing) else "lab"
        # A checkout that is newer than its virtual environment has this, too.
        is_checkout = (_CHECKOUT / "tools" / "setup").exists()
        what = f"make -C {_CHECKOUT} setup" if is_checkout else f"pip install 'baremetal-lb[{extras}]'"
        msg = f"a lab needs Python packages that are not installed here: {packages}. Type: {what}"
        raise LabError(msg)


def _check_nft() -> None:
    if not _is_installed("nft"):
        msg = "nft, which programs the Service rules, is missing. Type: sudo apt-get install nftables"
        raise LabError(msg)


def _check_haproxy() -> None:
    if not has_haproxy():
        msg = "HAProxy, which a cloud's balancers are made of, is missing. Type: sudo apt-get install haproxy"
        raise LabError(msg)


def _is_installed(command: str) -> bool:
    path = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"
    return shutil.which(command, path=path) is not None


def _check_descriptors(nodes: int) -> None:
    """Raise the limit of open files to the hard one, for all processes of the lab; is that enough?"""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = _FILES_AT_MOST if hard == resource.RLIM_INFINITY else min(hard, _FILES_AT_MOST)
    if soft == resource.RLIM_INFINITY or soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    needed = _FILES_AT_LEAST + _FILES_A_NODE * nodes
    if most < needed:
        msg = f"a lab of {nodes} nodes needs {needed} open files in one process, and the hard limit is {hard}"
        fewer = (most - _FILES_AT_LEAST) // _FILES_A_NODE
        advice = f", or --nodes {fewer}" if fewer > 0 else ""
        msg = f"{msg} (`ulimit -Hn`): start it from a shell with a higher one{advice}"
        raise LabError(msg)


def _check_catalogue(path: str) -> None:
    from mockcloud.images.catalogue import CatalogueError
    from mockcloud.images.image_lookup import Catalogue

    try:
        Catalogue(Path(path))
    except CatalogueError as exc:
        msg = f"--catalogue: {' '.join(str(exc).split())}"
        raise UsageError(msg) from exc
