"""Which system calls a container may make, as a BPF program: libseccomp's door (libseccomp.so.2, by ctypes).

The library knows the calls' numbers on every architecture, and writes programs that find one quickly.
"""

import ctypes
import errno
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

LIST: Final = Path(__file__).with_name("syscalls.yaml")
LIBRARY: Final = "libseccomp.so.2"
MISSING: Final = (
    f"{LIBRARY}, which keeps pods from dangerous system calls, is missing. "
    "Type: sudo apt-get install libseccomp2"
)
ALLOW: Final = 0x7FFF0000  # seccomp.h: SCMP_ACT_...
REFUSE: Final = 0x00050000  # with the errno
LESS, EQUAL, GREATER, MASKED_EQUAL = 2, 4, 6, 7  # SCMP_CMP_...
OPTIMIZE: Final = 8  # SCMP_FLTATR_CTL_OPTIMIZE: 2 is a binary tree
NO_NEW_PRIVS: Final = 3  # SCMP_FLTATR_CTL_NNP: not by the library
EXISTS: Final = -errno.EEXIST
# What else the kernel of such a machine runs, by SCMP_ARCH_... tokens: 32 bits, x32.
SECONDARY: Final = {"x86_64": (0x40000003, 0x4000003E), "aarch64": (0x40000028,)}
HIGHEST: Final = 600  # no architecture of ours has a call with a higher number, but for what is on x32
NAMESPACES: Final = (
    0x20000,
    0x2000000,
    0x4000000,
    0x8000000,
    0x10000000,
    0x20000000,
    0x40000000,
)  # CLONE_NEW...
AF_ALG, AF_VSOCK = 38, 40  # the kernel's cryptography, and the machine's own host: of no use here
PERSONALITIES: Final = (0x0, 0x8, 0x20000, 0x20008, 0xFFFFFFFF)


class SeccompMissing(Exception):
    """Filters cannot be made here; the message says what to do."""


class _Compare(ctypes.Structure):
    _fields_ = (
        ("argument", ctypes.c_uint),
        ("how", ctypes.c_int),
        ("a", ctypes.c_uint64),
        ("b", ctypes.c_uint64),
    )


def require_seccomp() -> None:
    """SeccompMissing where no filter could be made."""
    _library()


def default_filter(capabilities: frozenset[str]) -> bytes:
    """The default filter of a container with these capabilities; SeccompMissing."""
    calls = _calls()
    names = {*calls["always"].split()}
    held = [key for key in calls["with"] if key in capabilities]
    for key in held:
        names.update(calls["with"][key].split())
    return _program(frozenset(names))


@cache
def _calls() -> dict[str, Any]:
    calls: dict[str, Any] = yaml.safe_load(LIST.read_text(encoding="utf-8"))
    return calls


@cache
def _library() -> ctypes.CDLL:
    try:
        library = ctypes.CDLL(LIBRARY)
    except OSError as error:
        raise SeccompMissing(MISSING) from error
    library.seccomp_init.restype = ctypes.c_void_p
    library.seccomp_syscall_resolve_num_arch.restype = ctypes.c_void_p
    for name in ("attr_set", "arch_add", "rule_add_array", "export_bpf", "release"):
        getattr(library, f"seccomp_{name}").argtypes = _ARGUMENTS[name]
    return library


_ARGUMENTS: Final = {
    "attr_set": (ctypes.c_void_p, ctypes.c_int, ctypes.c_uint32),
    "arch_add": (ctypes.c_void_p, ctypes.c_uint32),
    "rule_add_array": (ctypes.c_void_p, ctypes.c_uint32, ctypes.c_int, ctypes.c_uint, ctypes.c_void_p),
    "export_bpf": (ctypes.c_void_p, ctypes.c_int),
    "release": (ctypes.c_void_p,),
}


@cache
def _program(allowed: frozenset[str]) -> bytes:
    library = _library()
    context = library.seccomp_init(REFUSE | errno.ENOSYS)
    try:
        library.seccomp_attr_set(context, OPTIMIZE, 2)  # libseccomp 2.5; before, the program is a list
        for token in SECONDARY.get(os.uname().machine, ()):
            _check("seccomp_arch_add", library.seccomp_arch_add(context, token))
        for name, action, comparison in _rules(allowed):
            number = library.seccomp_syscall_resolve_name(name.encode())
            array = (_Compare * len(comparison))(*comparison)
            # A name that the library does not know is a call of a newer kernel, or of another architecture.
            if number != UNKNOWN:
                result = library.seccomp_rule_add_array(context, action, number, len(comparison), array)
                _check(f"seccomp_rule_add({name})", result)
        return _export(library, context)
    finally:
        library.seccomp_release(context)


UNKNOWN: Final = -1  # __NR_SCMP_ERROR


def _rules(allowed: frozenset[str]) -> Iterator[tuple[str, int, tuple[_Compare, ...]]]:
    refuse = REFUSE | errno.EPERM
    for name in sorted(allowed):
        yield name, ALLOW, ()
    for how, family in ((LESS, AF_ALG), (EQUAL, AF_ALG + 1), (GREATER, AF_VSOCK)):
        yield "socket", ALLOW, (_Compare(0, how, family, 0),)
    for family in (AF_ALG, AF_VSOCK):
        yield "socket", refuse, (_Compare(0, EQUAL, family, 0),)
    for value in PERSONALITIES:
        yield "personality", ALLOW, (_Compare(0, MASKED_EQUAL, 0xFFFFFFFF, value),)
    if "clone" not in allowed:
        argument = 1 if os.uname().machine == "s390x" else 0
        mask = sum(NAMESPACES)
        yield "clone", ALLOW, (_Compare(argument, MASKED_EQUAL, mask, 0),)
        for flag in NAMESPACES:
            yield "clone", refuse, (_Compare(argument, MASKED_EQUAL, flag, flag),)
    # clone3's flags are in memory, where no filter looks: C libraries then take clone.
    by_arguments = {"socket", "personality", "clone", "clone3"}
    for name in sorted(_known() - allowed - by_arguments):
        yield name, refuse, ()


def _known() -> frozenset[str]:
    """All calls of this machine that the library knows."""
    library, found = _library(), set()
    native = library.seccomp_arch_native()
    free = ctypes.CDLL(None).free
    free.argtypes = (ctypes.c_void_p,)
    for number in range(HIGHEST):
        name = library.seccomp_syscall_resolve_num_arch(native, number)
        if name:
            found.add(ctypes.string_at(name).decode())
            free(name)
    return frozenset(found)


def _export(library: ctypes.CDLL, context: int) -> bytes:
    with open(os.memfd_create("filter"), "w+b") as file:
        _check("seccomp_export_bpf", library.seccomp_export_bpf(context, file.fileno()))
        file.seek(0)
        return file.read()


def _check(call: str, result: int) -> None:
    if result not in (0, EXISTS):
        msg = f"{call} of {LIBRARY}: {os.strerror(-result)}"
        raise SeccompMissing(msg)
