"""Image names, and the catalogue that is looked at for them."""

import pytest
import yaml

from mockcloud.images.catalogue import CatalogueError, Entry, Program, find, parse, repository
from mockcloud.images.image_lookup import BUILT_IN

CATALOGUE = parse(yaml.safe_load(BUILT_IN.read_text()), "catalogue.yaml")


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
        ("nginx", Program.NGINX),
        ("traefik/whoami", Program.HTTP),
        ("registry.k8s.io/e2e-test-images/agnhost:2.56", Program.LOCAL),
        ("httpd:2.4", Program.HTTPD),
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
        ("memcached", Program.LOCAL),
        ("localhost/baremetal-lb:0.1.0", Program.LOCAL),
        ("nicolaka/netshoot", Program.COMMAND),
        ("ngnix", None),
        ("webserver:404", None),
        ("webserver:405", Program.HTTP),
        ("invalid.registry.k8s.io/invalid/alpine:3.1", None),
        ("registry.invalid/nginx", None),
        ("invalid/nginx", Program.NGINX),
        ("nginx:1.161", None),
        ("nginx:1.16.1", Program.NGINX),
        ("gcr.io/google-samples/kubernetes-bootcamp:v1", Program.HTTP),
        ("gcr.io/google-samples/kubernetes-bootcamp:v10", None),
        ("redis:non-existent", None),
        ("", None),
    ],
)
def test_the_built_in_catalogue_knows_what_guides_use_and_no_misspelling(image, program):
    """An image that nobody knows is refused, not guessed; so is one that is known not to be there."""
    entry = find(image, CATALOGUE)
    assert (entry.program if entry else None) is program


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[]", "expected a mapping with the one key `images`"),
        (
            "images: [{match: [a], program: rpc}]",
            r"images\[0\].program: expected one of http, .*, mysql, got 'rpc'",
        ),
        ("images: [{program: http}]", r"images\[0\].match: expected at least one"),
        (
            "images: [{match: [a], program: http, ports: ['80']}]",
            r"images\[0\].ports: expected a list of int",
        ),
        ("images: [{match: [a], program: local}]", r"images\[0\].binary: expected with `program: local`"),
        (
            "images: [{match: [a], program: http, binary: [x]}]",
            r"images\[0\].binary: expected with .*, and only there",
        ),
        (
            "images: [{match: [a], program: local, binary: [x], install: [y]}]",
            r"images\[0\].install: expected a text, got \['y'\]",
        ),
        (
            "images: [{match: [a], program: local, binary: [x], paths: [x]}]",
            r"images\[0\].paths: expected absolute paths, got 'x'",
        ),
        (
            "images: [{match: [a], program: http, files: here}]",
            r"images\[0\].files: expected an absolute path, got 'here'",
        ),
        (
            "images: [{match: [a], program: command, shell: zsh}]",
            r"images\[0\].shell: expected busybox, got 'zsh'",
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


def test_an_image_may_be_said_not_to_be():
    """By its tag, too, as a registry has some of an image and not others."""
    text = "images: [{match: ['web:404'], program: none}, {match: [web], program: http}]"
    entries = parse(yaml.safe_load(text), "my.yaml")
    assert find("registry.example/team/web:404", entries) is None
    assert find("web:405", entries) == find("web", entries) == entries[1]


def test_an_entry_may_name_any_binary_with_arguments():
    """What people write for a program of their own."""
    text = "images: [{match: [a], program: local, binary: [/opt/a, a], arguments: [-v], install: ask me}]"
    (entry,) = parse(yaml.safe_load(text), "my.yaml")
    assert entry == Entry(("a",), Program.LOCAL, binary=("/opt/a", "a"), arguments=("-v",), install="ask me")
