"""Makes a PostgreSQL database where there is none yet, as the image does, and becomes the server.

Started with the server's path and arguments. Settings, as https://hub.docker.com/_/postgres has them:
POSTGRES_PASSWORD, POSTGRES_USER, POSTGRES_DB (each also as NAME_FILE), POSTGRES_HOST_AUTH_METHOD,
POSTGRES_INITDB_ARGS, PGDATA.
"""

import os
import shlex
import subprocess
import tempfile
from typing import Final

from mockcloud.images.programs.becoming import Refusal, become, change_user, own, refuse, secret

UID: Final = 999  # servers.py
DATA: Final = "/var/lib/postgresql/data"
SOCKETS: Final = "/var/run/postgresql,/tmp"  # clients look in either, as they were built
TRUST: Final = "trust"


def main(argv: list[str]) -> int:
    """Only returns where the server cannot be started."""
    server, *arguments = argv
    data = os.environ.setdefault("PGDATA", DATA)
    try:
        own(data, UID, 0o700)
        change_user(UID)
        if not os.path.exists(f"{data}/PG_VERSION"):
            _make(os.path.dirname(os.path.realpath(server)), data)
    except Refusal as refusal:
        return refuse("postgres", refusal)
    sockets = ("-c", "listen_addresses=*", "-c", f"unix_socket_directories={SOCKETS}")
    become((server, *sockets, *arguments))


def _make(binaries: str, data: str) -> None:
    """A cluster of databases, with the user and the database that were asked for."""
    user = secret("POSTGRES_USER", "postgres") or "postgres"
    password = secret("POSTGRES_PASSWORD")
    method = os.environ.get("POSTGRES_HOST_AUTH_METHOD", "")
    if not password and method != TRUST:
        msg = (
            "there is no database yet, and no password for its superuser. Set POSTGRES_PASSWORD to one, or, "
            "to let everybody in without, POSTGRES_HOST_AUTH_METHOD=trust"
        )
        raise Refusal(msg)
    extra = shlex.split(os.environ.get("POSTGRES_INITDB_ARGS", ""))
    with tempfile.NamedTemporaryFile("w") as file:
        file.write(password)
        file.flush()
        passwords = (f"--pwfile={file.name}",) if password else ()
        # Not synced: nothing here has to outlast the machine's power.
        options = (
            "--auth-local=trust",
            "--auth-host=trust",
            "--no-sync",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
        )
        _run([f"{binaries}/initdb", "-D", data, f"--username={user}", *options, *passwords, *extra])
    with open(f"{data}/pg_hba.conf", "a", encoding="utf-8") as file:
        file.write(f"host all all all {method or 'scram-sha-256'}\n")
    database = secret("POSTGRES_DB", user) or user
    if database != "postgres":
        quoted = database.replace('"', '""')
        _run([f"{binaries}/postgres", "--single", "-D", data, "postgres"], f'CREATE DATABASE "{quoted}"\n')


def _run(command: list[str], said: str = "") -> None:
    done = subprocess.run(command, input=said.encode(), stdout=subprocess.DEVNULL, check=False)
    if done.returncode:
        msg = f"{os.path.basename(command[0])} failed with exit code {done.returncode}"
        raise Refusal(msg)
