"""Facts about the machine, read from the kernel."""

import os
import platform
import shutil
from pathlib import Path
from typing import Final

from mockcloud.node.host.node_object import Machine

# uname's names -> Go's, which Kubernetes uses
ARCHITECTURES: Final = {"x86_64": "amd64", "aarch64": "arm64", "ppc64le": "ppc64le", "s390x": "s390x"}


def this_machine(data_dir: Path) -> Machine:
    """The machine that this process runs on."""
    uname = os.uname()
    return Machine(
        architecture=ARCHITECTURES.get(uname.machine, uname.machine),
        kernel=uname.release,
        os_image=_os_image(),
        boot_id=Path("/proc/sys/kernel/random/boot_id").read_text().strip(),
        cpus=os.cpu_count() or 1,
        memory_kib=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 1024,
        disk_kib=shutil.disk_usage(data_dir).total // 1024,
    )


def _os_image() -> str:
    try:
        return platform.freedesktop_os_release().get("PRETTY_NAME", "Linux")
    except OSError:
        return "Linux"
