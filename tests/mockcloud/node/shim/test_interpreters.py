"""What is said of a program that is there, when what runs it is not."""

import shutil
import struct

import pytest

from mockcloud.node.shim.interpreters import interpreter, lacking

LOADER = b"/lib/ld.so.1\0"


def elf(wide, order):
    """A binary's head with two program headers, of which the second names its loader."""
    word, header = ("Q", 64) if wide else ("I", 52)
    size, where, length = (56, 8, 32) if wide else (32, 4, 16)
    head = bytearray(header + 2 * size)
    head[:6] = b"\x7fELF" + bytes([1 + wide, 1 if order == "<" else 2])
    struct.pack_into(order + word, head, 32 if wide else 28, header)
    struct.pack_into(f"{order}HH", head, 54 if wide else 42, size, 2)
    second = header + size
    struct.pack_into(f"{order}I", head, second, 3)
    struct.pack_into(order + word, head, second + where, len(head))
    struct.pack_into(order + word, head, second + length, len(LOADER))
    return bytes(head) + LOADER


@pytest.mark.parametrize(
    ("head", "wanted"),
    [
        (b"#!/bin/sh -e\necho", "/bin/sh"),
        (b"#! /usr/bin/env python3\n", "/usr/bin/env"),
        (b"#!", ""),
        (b"\x7fELF", ""),
        (b"\x7fELF\2\1", ""),
        (b"text", ""),
        (b"", ""),
        *((elf(wide, order), "/lib/ld.so.1") for wide in (True, False) for order in "<>"),
    ],
)
def test_what_runs_a_file(head, wanted):
    """Scripts, and binaries of each class and order of bytes; a head that is cut off is no error."""
    assert interpreter(head) == wanted


def test_the_missing_one_is_named_however_deep(tmp_path):
    """A script's shell's loader, as where a dynamic busybox was copied into a folder of files."""
    shell, script = tmp_path / "sh", tmp_path / "script"
    shell.write_bytes(elf(True, "<"))
    script.write_text(f"#!{shell}\n")

    assert lacking(str(script)) == f"{shell} needs /lib/ld.so.1, which is not there"
    assert lacking(shutil.which("sh")) == ""
    assert lacking(str(tmp_path / "none")) == ""
