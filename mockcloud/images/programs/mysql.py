"""Makes a MariaDB or MySQL database where there is none yet, as the images do, and becomes the server.

Started with the server's path and arguments. Settings, with MARIADB_ or MYSQL_ before them, each also as
NAME_FILE: ROOT_PASSWORD, ALLOW_EMPTY_ROOT_PASSWORD (MySQL: ALLOW_EMPTY_PASSWORD), DATABASE, USER, PASSWORD.
"""

import os
import shutil
import socket
import subprocess
from typing import Final

from mockcloud.images.programs.becoming import Refusal, become, change_user, own, refuse, secret

UID: Final = 999  # servers.py
DATA: Final = "/var/lib/mysql"
SOCKETS: Final = "/var/run/mysqld"
FIRST_WORDS: Final = f"{SOCKETS}/first.sql"
PREFIXES: Final = ("MARIADB_", "MYSQL_")


def main(argv: list[str]) -> int:
    """Only returns where the server cannot be started."""
    server, *arguments = argv
    first: tuple[str, ...] = ()
    try:
        own(DATA, UID, 0o700)
        own(SOCKETS, UID, 0o755)
        change_user(UID)
        if not os.path.isdir(f"{DATA}/mysql"):
            words = _first_words()
            _make(server)
            with open(FIRST_WORDS, "w", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
                file.write(words)
            first = (f"--init-file={FIRST_WORDS}",)
    except Refusal as refusal:
        return refuse("mysql", refusal)
    where = (f"--datadir={DATA}", f"--socket={SOCKETS}/mysqld.sock", "--bind-address=*")
    # As the images have it: clients are who they are by address, whatever DNS says or does not.
    become((server, "--no-defaults", *where, "--skip-name-resolve", *first, *arguments))


def _first_words() -> str:
    """The statements, a line each, that a new server runs first; Refusal where nobody said who may log in."""
    password, database, user = (_setting(name) for name in ("ROOT_PASSWORD", "DATABASE", "USER"))
    allowed = _setting("ALLOW_EMPTY_ROOT_PASSWORD") or _setting("ALLOW_EMPTY_PASSWORD")
    if not password and not allowed:
        msg = (
            "there is no database yet, and no password for its root. Set MARIADB_ROOT_PASSWORD (or "
            "MYSQL_ROOT_PASSWORD) to one, or, to let everybody in without, MYSQL_ALLOW_EMPTY_PASSWORD=1"
        )
        raise Refusal(msg)
    # MariaDB's installer makes roots without a password for these, who would come first.
    others = (socket.gethostname(), "127.0.0.1", "::1")
    lines = [f"DROP USER IF EXISTS 'root'@{_text(host)};" for host in others]
    lines += [_user("root", password), "GRANT ALL ON *.* TO 'root'@'%' WITH GRANT OPTION;"]
    lines.append(f"ALTER USER 'root'@'localhost' IDENTIFIED BY {_text(password)};")
    if database:
        lines.append(f"CREATE DATABASE IF NOT EXISTS {_name(database)};")
    if user:
        lines.append(_user(user, _setting("PASSWORD")))
        lines.append(f"GRANT ALL ON {_name(database) if database else '*'}.* TO {_text(user)}@'%';")
    return "".join(f"{line}\n" for line in lines)


def _setting(name: str) -> str:
    return next((found for prefix in PREFIXES if (found := secret(prefix + name))), "")


def _user(name: str, password: str) -> str:
    return f"CREATE USER IF NOT EXISTS {_text(name)}@'%' IDENTIFIED BY {_text(password)};"


def _text(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n") + "'"


def _name(value: str) -> str:
    return "`" + value.replace("`", "``") + "`"


def _make(server: str) -> None:
    """The system's tables."""
    installer = shutil.which("mariadb-install-db") or shutil.which("mysql_install_db")
    where = f"--datadir={DATA}"
    if "mariadb" in os.path.realpath(server) and installer:
        options = ("--skip-test-db", "--auth-root-authentication-method=normal")
        command = [installer, "--no-defaults", where, *options]
    else:
        command = [server, "--no-defaults", "--initialize-insecure", where]
    done = subprocess.run(command, stdout=subprocess.DEVNULL, check=False)
    if done.returncode:
        msg = f"{os.path.basename(command[0])} failed with exit code {done.returncode}"
        raise Refusal(msg)
