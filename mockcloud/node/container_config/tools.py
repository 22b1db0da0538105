"""The small clients, what the extra brought and what is installed beside us, as executables.

The folder of them is what pods have last in PATH.
"""

import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from mockcloud.images.installed import Places, commands, extra_binaries
from mockcloud.images.programs.tools import TOOLS
from mockcloud.images.servers import BUSYBOX
from mockcloud.node.container_config.launch import APPLETS, MACHINE_PATH, ROOM
from mockcloud.node.sandbox.maker import PYTHON, START

NO_SITE = "-S"  # some of the tools need a library
# The wheel's nginx looks where it is started; everybody's expects its files here.
NGINX: Final = ("-p", "/etc/nginx/", "-c", "/etc/nginx/nginx.conf", "-e", "/var/log/nginx/error.log")


# Debian's busybox is built with an nc that knows neither -z nor -v, which guides use (the image's does); its
# nslookup ends with 1 for a name that it found, having tried each search domain (the guides' ends with 0);
# its wget knows no timeout, and dies of SIGSEGV when it is given one (-T): the machine's is taken, which is
# told to try once, as busybox does, rather than 20 times; /bin/sh is another shell.
NOT_ITS_OWN: Final = ("nc", "nslookup", "sh", "wget")
ONCE: Final = f'#!/bin/sh\nexec env PATH={":".join(MACHINE_PATH)}:"${{0%/*}}/.." wget --tries=1 "$@"\n'


def write_tools(folder: Path, places: Places) -> None:
    """Write one executable a tool; what is there under its name is replaced."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)  # pods see it
    python = [word for word in PYTHON if word != NO_SITE]
    for tool in TOOLS:
        _write(folder / tool, [*python, str(START), f"{ROOM}:tools.{tool}"])
    for name, words in commands().items():
        _write(folder / name, [sys.executable, "-I", "-m", *words])
    _write_applets(folder / APPLETS, places.find(BUSYBOX))
    for binary in extra_binaries():
        place = folder / binary.name
        if binary.name == "nginx":
            _write(place, (str(binary), *NGINX))
        else:  # some look for their other files beside themselves
            place.unlink(missing_ok=True)
            place.symlink_to(binary)


def _write_applets(folder: Path, busybox: str | None) -> None:
    """A link for each of busybox' applets, which images of it have first in PATH."""
    folder.mkdir(exist_ok=True)
    folder.chmod(0o755)
    if busybox is None:
        return
    listed = subprocess.run([busybox, "--list"], capture_output=True, text=True, check=False).stdout.split()
    for name in listed:
        if name not in NOT_ITS_OWN:
            (folder / name).unlink(missing_ok=True)
            (folder / name).symlink_to(busybox)
    _write_script(folder / "wget", ONCE)


def _write(path: Path, words: Sequence[str]) -> None:
    _write_script(path, f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n')


def _write_script(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
