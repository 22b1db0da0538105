"""Why the kernel finds no program that is there: what runs it is missing.

execve(2) answers ENOENT for a script without its shell and for a binary without its dynamic loader, too,
which is what an image of one's own most often lacks.
"""

import os
import struct
from typing import Final

HEAD: Final = 4096  # bytes in which linkers put the program headers and the loader's name
DEEPEST: Final = 5  # a script of a script of...: as many as the kernel follows
PT_INTERP: Final = 3
# Of elf(5), by class: where the header says where program headers are, how long one is, how many; and in one
# of these where its part of the file begins and how long it is.
ELF: Final = {1: ("I", 28, 42, 4, 16), 2: ("Q", 32, 54, 8, 32)}


def lacking(program: str) -> str:
    """Which file needs which other one that is not there, in words; empty where that is not the reason."""
    for _ in range(DEEPEST):
        try:
            with open(program, "rb") as file:
                wanted = interpreter(file.read(HEAD))
        except OSError:
            return ""
        if not wanted:
            return ""
        if not os.path.exists(wanted):
            return f"{program} needs {wanted}, which is not there"
        program = wanted
    return ""


def interpreter(head: bytes) -> str:
    """What runs a file that begins so: a script's shell, a binary's loader; empty where it needs none."""
    if head.startswith(b"#!"):
        words = head[2:].partition(b"\n")[0].split()
        return os.fsdecode(words[0]) if words else ""
    try:
        return _loader(head)
    except struct.error:  # shorter than it says
        return ""


def _loader(head: bytes) -> str:
    if not head.startswith(b"\x7fELF") or len(head) < 6 or head[4] not in ELF:
        return ""
    number, headers_at, size_at, offset_at, length_at = ELF[head[4]]
    order = "<" if head[5] == 1 else ">"
    (at,) = struct.unpack_from(order + number, head, headers_at)
    size, count = struct.unpack_from(f"{order}HH", head, size_at)
    for each in range(at, at + size * count, size or 1):
        if struct.unpack_from(f"{order}I", head, each) == (PT_INTERP,):
            (begin,) = struct.unpack_from(order + number, head, each + offset_at)
            (length,) = struct.unpack_from(order + number, head, each + length_at)
            return os.fsdecode(head[begin : begin + length].rstrip(b"\0"))
    return ""
