"""What an image's config says, as an entry of the catalogue has it. Pure.

The config is the JSON of OCI's image specification (config.md), which is Docker's, too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from signal import Signals
from typing import Any, Final

from mockcloud.images.catalogue import Program

# What Go, and so images, call machines that the kernel calls otherwise.
ARCHITECTURES: Final = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm", "i686": "386"}
ROOT_HOME: Final = "/root"


class ConfigError(ValueError):
    """A config that is none, or not of this machine; the message says what is wrong."""


@dataclass(frozen=True, slots=True)
class Account:
    """Whom an image runs as: ids, and the home that its own /etc/passwd gives them."""

    uid: int = 0
    gid: int = 0
    home: str = ROOT_HOME


@dataclass(frozen=True, slots=True)
class ImageConfig:
    """ENTRYPOINT, CMD, ENV (NAME=VALUE each), WORKDIR, USER and STOPSIGNAL."""

    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    environment: tuple[str, ...] = ()
    working_dir: str = "/"
    user: str = ""  # as it is written: a name or number, and perhaps a group's
    stop_signal: str = ""


def image_config(document: object, machine: str) -> ImageConfig:
    """ConfigError where it is no config, or one of another machine than `machine` (uname(2))."""
    if not isinstance(document, dict) or not isinstance(found := document.get("config") or {}, dict):
        msg = "its config is none: expected a JSON object with `config`"
        raise ConfigError(msg)
    ours = ARCHITECTURES.get(machine, machine)
    for key, wanted in (("os", "linux"), ("architecture", ours)):
        if (said := document.get(key, wanted)) != wanted:
            msg = f"it is of {key} {said!r}, and this machine's is {wanted!r}"
            raise ConfigError(msg)
    return ImageConfig(
        entrypoint=_texts(found, "Entrypoint"),
        command=_texts(found, "Cmd"),
        environment=_texts(found, "Env"),
        working_dir=_text(found, "WorkingDir") or "/",
        user=_text(found, "User"),
        stop_signal=_signal(_text(found, "StopSignal")),
    )


def catalogue_entry(names: Sequence[str], root: str, config: ImageConfig, account: Account) -> dict[str, Any]:
    """The entry, in the catalogue's own form, of what is unpacked in `root`."""
    has_home = any(one.startswith("HOME=") for one in config.environment)
    found = {
        "match": list(names),
        "program": str(Program.ROOTFS),
        "root": root,
        "entrypoint": list(config.entrypoint),
        "command": list(config.command),
        "environment": [*config.environment, *([] if has_home else [f"HOME={account.home}"])],
        "working_dir": config.working_dir,
        "user": f"{account.uid}:{account.gid}",
        "stop_signal": config.stop_signal,
    }
    return {key: value for key, value in found.items() if value}


def account(user: str, passwd: str, group: str) -> Account:
    """Whom `user` (NAME or UID, and perhaps :GROUP or :GID) means by these files; ConfigError."""
    who, _, whose = user.partition(":")
    lines = [fields for line in passwd.splitlines() if len(fields := line.split(":")) >= 6]
    key = 2 if who.isascii() and who.isdecimal() else 0
    line = next((fields for fields in lines if fields[key] == who), None) if who else None
    if who and key == 0 and line is None:
        msg = f"its user is {user!r}, whom its /etc/passwd does not know"
        raise ConfigError(msg)
    numbers = dict(fields[:3:2] for one in group.splitlines() if len(fields := one.split(":")) >= 3)
    gid = numbers.get(whose, whose) if whose else (line[3] if line else "0")
    uid = line[2] if line else (who or "0")
    if not (uid.isascii() and uid.isdecimal() and gid.isascii() and gid.isdecimal()):
        msg = f"its user is {user!r}, and its /etc/group does not know the group"
        raise ConfigError(msg)
    return Account(int(uid), int(gid), line[5] if line else ("/" if int(uid) else ROOT_HOME))


def _texts(found: Mapping[str, Any], key: str) -> tuple[str, ...]:
    values = found.get(key) or []
    if not isinstance(values, list) or not all(isinstance(one, str) for one in values):
        msg = f"its config's {key} is {values!r}: expected a list of texts"
        raise ConfigError(msg)
    return tuple(values)


def _text(found: Mapping[str, Any], key: str) -> str:
    value = found.get(key) or ""
    if not isinstance(value, str):
        msg = f"its config's {key} is {value!r}: expected a text"
        raise ConfigError(msg)
    return value


def _signal(text: str) -> str:
    """A signal's name, for that or its number."""
    if text.isascii() and text.isdecimal():
        text = next((one.name for one in Signals if one.value == int(text)), text)
    name = text if text.startswith("SIG") or not text else f"SIG{text}"
    if name and name not in Signals.__members__:
        msg = f"its config's StopSignal is {text!r}: expected the name or number of a signal"
        raise ConfigError(msg)
    return name
