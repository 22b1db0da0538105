"""Where a holder stands: the host's files, and nothing that it could write there."""

import contextlib

from mockcloud.linux import CLONE_NEWNS, MS_REC, MS_SLAVE, make_read_only, make_writable, mount, unshare


def see_the_host_read_only() -> None:
    """For the calling thread alone: from a pod's program, forked from a holder, /proc/PID/exe leads to our
    interpreter."""
    unshare(CLONE_NEWNS)
    mount("none", "/", flags=MS_REC | MS_SLAVE)
    make_read_only("/")
    for place in ("/proc", "/dev/pts"):  # the holder writes id maps, and gives terminals to pods
        with contextlib.suppress(OSError):  # an old kernel, which has made / alone read-only
            make_writable(place)
