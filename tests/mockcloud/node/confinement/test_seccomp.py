"""The default filter of system calls, run by the kernel on a process of its own."""

import json
import subprocess
import sys

import pytest

from mockcloud.node.confinement import seccomp
from mockcloud.node.confinement.seccomp import SeccompMissing, default_filter, require_seccomp
from mockcloud.node.pods.security import DEFAULT, NAMES

ASK = """
import ctypes, errno, json, os, socket, sys, threading
from mockcloud.linux import PR_SET_NO_NEW_PRIVS, load_seccomp, prctl
libc = ctypes.CDLL(None, use_errno=True)
prctl(PR_SET_NO_NEW_PRIVS, 1)
load_seccomp(bytes.fromhex(sys.argv[1]))
found = {}
def ask(name, act):
    try:
        act()
        found[name] = "OK"
    except OSError as error:
        found[name] = errno.errorcode[error.errno]
def raw(*words):
    result = libc.syscall(*(ctypes.c_long(word) for word in words))
    if result < 0:
        raise OSError(ctypes.get_errno(), "")
    if result == 0 and words[0] == 56:  # the child
        os._exit(0)
def thread():
    one = threading.Thread(target=len, args=("",))
    one.start()
    one.join()
ask("fork", lambda: os.waitpid(os.fork() or os._exit(0), 0))
ask("thread", thread)
ask("socket", lambda: socket.socket().close())
ask("unix", lambda: socket.socket(socket.AF_UNIX).close())
ask("vsock", lambda: socket.socket(40, 1))
ask("alg", lambda: socket.socket(38, 5))
ask("unshare", lambda: raw(272, 0x10000000))
ask("clone", lambda: raw(56, 0x10000000 | 17, 0, 0, 0, 0))
ask("clone3", lambda: raw(435, 0, 0))
ask("keyctl", lambda: raw(250, 0, 0, 0))
ask("bpf", lambda: raw(321, 99, 0, 0))
ask("personality", lambda: raw(135, 0xFFFFFFFF))
ask("unknown", lambda: raw(599))
print(json.dumps(found))
"""
FINE = dict.fromkeys(("fork", "thread", "socket", "unix", "personality"), "OK")


def ask(capabilities):
    """What the calls of `ASK` come to under the filter of a container with these capabilities."""
    program = default_filter(capabilities)
    command = [sys.executable, "-c", ASK, program.hex()]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


@pytest.mark.skipif("x86_64" not in str(seccomp.os.uname()), reason="the test's numbers are x86_64's")
def test_what_no_container_needs_is_refused():
    """EPERM, but for what C libraries must believe the kernel lacks, and for what no list can know yet."""
    refused = dict.fromkeys(("unshare", "clone", "keyctl", "bpf", "vsock", "alg"), "EPERM")
    assert ask(DEFAULT) == {**FINE, **refused, "clone3": "ENOSYS", "unknown": "ENOSYS"}


@pytest.mark.skipif("x86_64" not in str(seccomp.os.uname()), reason="the test's numbers are x86_64's")
def test_capabilities_open_what_they_are_for():
    """SYS_ADMIN's calls reach the kernel, which says what it thinks of them."""
    found = ask(frozenset(NAMES))
    assert (found["keyctl"], found["vsock"], found["bpf"], found["clone3"]) == (
        "EPERM",
        "EPERM",
        "EINVAL",
        "EINVAL",
    )


def test_a_machine_without_the_library_is_told_what_to_install(monkeypatch):
    """As a system tool that is missing."""
    seccomp._library.cache_clear()
    monkeypatch.setattr(seccomp, "LIBRARY", "no-such-library.so")
    with pytest.raises(SeccompMissing, match="apt-get install libseccomp2"):
        require_seccomp()
