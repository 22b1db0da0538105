"""Image names, the catalogue, and what is run."""

import pytest
import yaml

from mockcloud.node.images import CatalogueError, Entry, Program, Run, find, parse, repository, run
from mockcloud.node.pods.spec import ContainerSpec, PortSpec
from mockcloud.node.preparing.launch import BUILT_IN

CATALOGUE = parse(yaml.safe_load(BUILT_IN.read_text()), "catalogue.yaml")
WEB = Entry(("nginx",), Program.HTTP, (80,))
REDIS = Entry(("redis",), Program.REDIS, (6379,), entrypoint=("redis-server",))
SHELL = Entry(("busybox",), Program.COMMAND, (), ("sh",))


@pytest.mark.parametrize(
    ("image", "name"),
    [
        ("nginx", "nginx"),
        ("nginx:1.27-alpine", "nginx"),
        ("docker.io/library/nginx@sha256:0123", "nginx"),
        ("curlimages/curl:8.1", "curlimages/curl"),
        ("localhost:5000/team/api:v2", "localhost:5000/team/api"),
        ("registry.k8s.io/pause:3.10", "registry.k8s.io/pause"),
    ],
)
def test_names_lose_default_registry_tag_and_digest(image, name):
    """What is left is what patterns are compared with."""
    assert repository(image) == name


@pytest.mark.parametrize(
    ("image", "program"),
    [
        ("nginx", Program.HTTP),
        ("registry.example/team/api:v2", Program.HTTP),
        ("backend-api", Program.HTTP),
        ("busybox:1.36", Program.COMMAND),
        ("curlimages/curl", Program.COMMAND),
        ("registry.k8s.io/pause:3.10", Program.COMMAND),
        ("redis:7-alpine", Program.REDIS),
        ("bitnami/postgresql", Program.POSTGRES),
        ("postgres:16", Program.POSTGRES),
        ("mysql:8", Program.MYSQL),
        ("mongo", Program.LINES),
        ("nicolaka/netshoot", Program.COMMAND),
        ("ngnix", None),
        ("", None),
    ],
)
def test_the_built_in_catalogue_knows_what_guides_use_and_no_misspelling(image, program):
    """An image that nobody knows is refused, not guessed."""
    entry = find(image, CATALOGUE)
    assert (entry.program if entry else None) is program


@pytest.mark.parametrize(
    ("container", "entry", "expected"),
    [
        pytest.param(
            ContainerSpec("c", "nginx", ports=(PortSpec(8080), PortSpec(53, "UDP"))),
            WEB,
            Run(Program.HTTP, (), (8080,), (53,)),
            id="http-on-each-container-port",
        ),
        pytest.param(
            ContainerSpec("c", "nginx", args=("x",)),
            WEB,
            Run(Program.HTTP, (), (80,)),
            id="http-default-port",
        ),
        pytest.param(
            ContainerSpec("c", "redis", ports=(PortSpec(6380), PortSpec(53, "UDP"))),
            Entry(("redis",), Program.REDIS, (6379,)),
            Run(Program.REDIS, (), (6380,)),
            id="a-database-on-its-tcp-ports",
        ),
        pytest.param(
            ContainerSpec("c", "redis", args=("redis-cli", "PING")),
            REDIS,
            Run(Program.COMMAND, ("redis-cli", "PING")),
            id="args-of-such-an-image-are-a-command",
        ),
        pytest.param(
            ContainerSpec("c", "redis", args=("--appendonly", "yes")),
            REDIS,
            Run(Program.REDIS, (), (6379,)),
            id="options-are-the-servers",
        ),
        pytest.param(
            ContainerSpec("c", "redis", command=("/usr/local/bin/redis-server",), args=("/redis.conf",)),
            REDIS,
            Run(Program.REDIS, (), (6379,)),
            id="a-command-that-is-the-server",
        ),
        pytest.param(
            ContainerSpec("c", "redis", args=("redis-server",)),
            REDIS,
            Run(Program.REDIS, (), (6379,)),
            id="args-that-are-the-server",
        ),
        pytest.param(
            ContainerSpec("c", "nginx", command=("sleep",), args=("9",)),
            WEB,
            Run(Program.COMMAND, ("sleep", "9")),
            id="a-command-runs-as-it-is",
        ),
        pytest.param(
            ContainerSpec("c", "busybox"), SHELL, Run(Program.COMMAND, ("sh",)), id="default-command"
        ),
        pytest.param(
            ContainerSpec("c", "busybox", args=("sleep", "9")),
            SHELL,
            Run(Program.COMMAND, ("sleep", "9")),
            id="args-alone-are-the-command",
        ),
    ],
)
def test_what_is_run(container, entry, expected):
    """Command and args as an image without entrypoint takes them."""
    assert run(container, entry) == expected


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[]", "expected a mapping with the one key `images`"),
        (
            "images: [{match: [a], program: rpc}]",
            r"images\[0\].program: expected one of http, .*, command, got 'rpc'",
        ),
        ("images: [{program: http}]", r"images\[0\].match: expected at least one"),
        (
            "images: [{match: [a], program: http, ports: ['80']}]",
            r"images\[0\].ports: expected a list of int",
        ),
        (
            "images: [{match: [a], program: http, port: 80}]",
            r"images\[0\]: expected a mapping with keys out of",
        ),
    ],
)
def test_a_bad_catalogue_is_refused_with_the_place(text, complaint):
    """The file, where in it, and what was expected."""
    with pytest.raises(CatalogueError, match=f"my.yaml: {complaint}"):
        parse(yaml.safe_load(text), "my.yaml")
