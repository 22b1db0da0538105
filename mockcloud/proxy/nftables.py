"""The door to nft: run one transaction in the namespace of whoever made the object.

libnftables (it comes with the nft command) is used in this process, since it costs 0.4 ms a transaction where
starting nft costs 5 to 12 ms; where it cannot be loaded, nft is started.
"""

import ctypes
import logging
import os
import shutil
import subprocess
from typing import Final, Protocol

LOG: Final = logging.getLogger(__name__)
LIBRARY: Final = "libnftables.so.1"
# An ordinary user's PATH often lacks the system folders.
SYSTEM_PATH: Final = "/usr/local/sbin:/usr/sbin:/sbin"
INSTALL: Final = "install the package nftables (for instance: apt-get install nftables)"


class NftError(Exception):
    """nft refused a transaction, and nothing of it was done."""


class NftMissing(Exception):
    """There is neither libnftables nor an nft command."""


class Nft(Protocol):
    """Something that runs a transaction, whole or not at all."""

    one_socket: bool
    """Whether all its transactions come from one netlink socket, by which they can be told from others'."""

    def run(self, script: str) -> str:
        """Do it, and return what nft printed; NftError where refused. It blocks."""
        ...


class LibNft:
    """libnftables by ctypes."""

    one_socket = True

    def __init__(self) -> None:
        """OSError where the library is not there."""
        self._library = _library()
        self._context = ctypes.c_void_p(self._library.nft_ctx_new(0))
        self._library.nft_ctx_buffer_output(self._context)
        self._library.nft_ctx_buffer_error(self._context)

    def run(self, script: str) -> str:
        failed = self._library.nft_run_cmd_from_buffer(self._context, script.encode())
        printed: bytes = self._library.nft_ctx_get_output_buffer(self._context)
        complaint: bytes = self._library.nft_ctx_get_error_buffer(self._context)
        if failed:
            raise NftError(_first_of(complaint.decode(errors="replace")))
        return printed.decode(errors="replace")


class NftCommand:
    """The nft command, started for each transaction."""

    one_socket = False

    def __init__(self) -> None:
        """NftMissing where there is none."""
        self._path = nft_path()

    def run(self, script: str) -> str:
        done = subprocess.run(
            [self._path, "-f", "-"], input=script, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise NftError(_first_of(done.stderr))
        return done.stdout


def nft_path() -> str:
    """Where the nft command is; NftMissing where there is none."""
    found = shutil.which("nft", path=f"{os.environ.get('PATH', '')}:{SYSTEM_PATH}")
    if found is None:
        msg = f"nft was not found in PATH or {SYSTEM_PATH}: {INSTALL}"
        raise NftMissing(msg)
    return found


def open_nft() -> Nft:
    """The faster of the two that this machine has; NftMissing where it has none."""
    try:
        return LibNft()
    except OSError as error:
        LOG.info("%s: %s; each transaction starts nft", LIBRARY, error)
        return NftCommand()


def _library() -> ctypes.CDLL:
    library = ctypes.CDLL(LIBRARY)
    library.nft_ctx_new.argtypes = [ctypes.c_uint32]
    library.nft_ctx_new.restype = ctypes.c_void_p
    library.nft_run_cmd_from_buffer.argtypes = [ctypes.c_void_p, ctypes.c_char_p]
    library.nft_run_cmd_from_buffer.restype = ctypes.c_int
    for channel in ("output", "error"):
        getattr(library, f"nft_ctx_buffer_{channel}").argtypes = [ctypes.c_void_p]
        getter = getattr(library, f"nft_ctx_get_{channel}_buffer")
        getter.argtypes = [ctypes.c_void_p]
        getter.restype = ctypes.c_char_p
    return library


def _first_of(complaint: str) -> str:
    """nft repeats the whole offending line: the first two lines say what and where."""
    return " | ".join(line[:300].strip() for line in complaint.strip().splitlines()[:2]) or "nft said nothing"
