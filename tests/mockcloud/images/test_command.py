"""What a container runs, by its entry, its own words, and what the machine has."""

import pytest

from mockcloud.images.catalogue import Entry, Program
from mockcloud.images.command import Asked, Run, what_runs

WEB = Entry(("web",), Program.HTTP, (80,))
LINES = Entry(("mongo",), Program.LINES, (27017,), entrypoint=("mongod",))
REDIS = Entry(("redis",), Program.REDIS, (6379,), entrypoint=("docker-entrypoint.sh",))
POSTGRES = Entry(("postgres",), Program.POSTGRES, (5432,), entrypoint=("docker-entrypoint.sh",))
NGINX = Entry(("nginx",), Program.NGINX, (80,), entrypoint=("nginx-debug",))
SHELL = Entry(("busybox",), Program.COMMAND, (), ("sh",))
OWN = Entry(("own",), Program.LOCAL, (9000,), binary=("ownd",), arguments=("-v",))
AGNHOST = Entry(
    ("agnhost",), Program.LOCAL, (80,), binary=("agnhost",), arguments=("pause",), paths=("/agnhost", "/a2"),
    stand_in="http",
)  # fmt: skip
OPEN = ("--protected-mode", "no")


def present(server):
    return f"/usr/bin/{server.binaries[0]}"


def absent(_server):
    return None


def command(*words):
    return Run(words)


@pytest.mark.parametrize(
    ("asked", "entry", "expected"),
    [
        pytest.param(
            Asked("web", tcp_ports=(8080,), udp_ports=(53,)),
            WEB,
            Run(("http", "--port", "8080", "--udp-port", "53"), ours=True, serves=True),
            id="http-on-each-container-port",
        ),
        pytest.param(
            Asked("web", args=("x",)),
            WEB,
            Run(("http", "--port", "80"), ours=True, serves=True),
            id="http-default-port",
        ),
        pytest.param(
            Asked("mongo", tcp_ports=(1,), udp_ports=(53,)),
            LINES,
            Run(("lines", "--port", "1"), ours=True, serves=True),
            id="lines-on-its-tcp-ports",
        ),
        pytest.param(
            Asked("nginx", tcp_ports=(8080,)),
            NGINX,
            command("/usr/bin/nginx", "-g", "daemon off;"),
            id="a-real-server-listens-where-it-does",
        ),
        pytest.param(
            Asked("redis", args=("redis-cli", "PING")),
            REDIS,
            command("redis-cli", "PING"),
            id="args-of-such-an-image-are-a-command",
        ),
        pytest.param(
            Asked("redis", args=("--appendonly", "yes")),
            REDIS,
            command("/usr/bin/redis-server", "--appendonly", "yes", *OPEN),
            id="options-are-the-servers",
        ),
        pytest.param(
            Asked("redis", ("/usr/local/bin/redis-server",), ("/redis.conf",)),
            REDIS,
            command("/usr/bin/redis-server", "/redis.conf", *OPEN),
            id="a-command-that-is-the-server",
        ),
        pytest.param(
            Asked("redis", args=("redis-server",)),
            REDIS,
            command("/usr/bin/redis-server", *OPEN),
            id="args-that-are-the-server",
        ),
        pytest.param(
            Asked("postgres", ("docker-entrypoint.sh",), ("-c", "fsync=off")),
            POSTGRES,
            Run(("postgres", "/usr/bin/postgres", "-c", "fsync=off"), ours=True),
            id="a-server-that-is-made-ready-first",
        ),
        pytest.param(Asked("own"), OWN, command("/usr/bin/ownd", "-v"), id="a-binary-and-its-arguments"),
        pytest.param(
            Asked("own", args=("serve", "9")),
            OWN,
            command("/usr/bin/ownd", "serve", "9"),
            id="the-containers-arguments",
        ),
        pytest.param(
            Asked("nginx", ("sleep",), ("9",)), NGINX, command("sleep", "9"), id="a-command-runs-as-it-is"
        ),
        pytest.param(Asked("busybox"), SHELL, command("sh"), id="default-command"),
        pytest.param(
            Asked("busybox", args=("sleep", "9")),
            SHELL,
            command("sleep", "9"),
            id="args-alone",
        ),
        pytest.param(Asked("x"), Entry(("x",), Program.COMMAND), command(), id="no-command"),
        pytest.param(Asked("agnhost"), AGNHOST, command("/agnhost", "pause"), id="where-the-image-has-it"),
        pytest.param(
            Asked("agnhost", args=("netexec", "--http-port=80")),
            AGNHOST,
            command("/agnhost", "netexec", "--http-port=80"),
            id="args-take-the-place-of-CMD",
        ),
        pytest.param(
            Asked("agnhost", ("sh", "-c", "x"), ("y",)),
            AGNHOST,
            command("sh", "-c", "x", "y"),
            id="a-command-takes-the-place-of-both",
        ),
    ],
)
def test_what_is_run(asked, entry, expected):
    """Command and args as the images take them, where the machine has the servers."""
    assert what_runs(asked, entry, present) == expected


@pytest.mark.parametrize(
    ("asked", "entry", "words", "said"),
    [
        pytest.param(
            Asked("redis:7"),
            REDIS,
            ("lines", "--port", "6379"),
            'image "redis:7": this machine has no redis-server or valkey-server, so a server that echoes '
            "lines of the lab's own answers in its place, and says so. To have the real one: apt-get install "
            "redis-server and delete the pod, or pip install 'baremetal-lb[images]' and start the lab anew",
            id="a-database",
        ),
        pytest.param(
            Asked("nginx", tcp_ports=(8080,)),
            NGINX,
            ("http", "--port", "8080"),
            "no nginx, so a web server",
            id="nginx",
        ),
        pytest.param(
            Asked("agnhost"), AGNHOST, ("http", "--port", "80"), "no agnhost, so a web server", id="agnhost"
        ),
        pytest.param(
            Asked("own"), OWN, ("lines", "--port", "9000"), "install ownd on this machine", id="own"
        ),
    ],
)
def test_where_the_machine_has_no_such_server_another_answers_and_says_what_to_install(
    asked, entry, words, said
):
    """A stand-in, never a failure: the rest of the lab is not about that server."""
    found = what_runs(asked, entry, absent)
    assert (found.words, found.ours, found.serves) == (words, True, True)
    assert said in found.lacking
    assert what_runs(Asked("redis", ("sleep", "9")), REDIS, absent) == command("sleep", "9")
