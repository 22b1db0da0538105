"""What is started for a container, and the catalogue as files."""

import pytest

from mockcloud.node.images import CatalogueError, Entry, Program
from mockcloud.node.pods.spec import ContainerSpec, EnvVar, PodSpec, PortSpec
from mockcloud.node.runtime.launch import BadContainer, Catalogue, Place, UnknownImage, prepare

POD = PodSpec("u", "default", "web-1", (), hostname="web-1")
PLACE = Place("node-1", ("192.168.10.11",), ("10.244.1.2", "fd00::2"))
WEB, SHELL = Entry(("nginx",), Program.HTTP, (80,)), Entry(("busybox",), Program.COMMAND)


def test_the_web_server_is_told_who_it_is_and_where_to_listen():
    """Identity by environment, ports by arguments, and it says when it serves."""
    prepared = prepare(POD, ContainerSpec("c", "nginx", ports=(PortSpec(8080),)), WEB, PLACE)
    assert prepared.says_ready
    assert prepared.start.argv[-3:] == (prepared.start.argv[-3], "--port", "8080")
    assert prepared.start.argv[-3].endswith("http.py")
    assert prepared.start.env["POD_NAME"] == "web-1"
    assert prepared.start.env["NODE_NAME"] == "node-1"


def test_a_command_has_the_pods_environment():
    """Values as given, fields of the pod by path."""
    env = (
        EnvVar("A", "x"),
        EnvVar("IP", field_path="status.podIP"),
        EnvVar("NODE", field_path="spec.nodeName"),
    )
    prepared = prepare(POD, ContainerSpec("c", "busybox", ("env",), env=env), SHELL, PLACE)
    found = prepared.start.env
    assert (found["A"], found["IP"], found["NODE"], found["HOSTNAME"]) == (
        "x",
        "10.244.1.2",
        "node-1",
        "web-1",
    )
    assert (prepared.start.argv, prepared.says_ready) == (("env",), False)


@pytest.mark.parametrize(
    ("container", "complaint"),
    [
        (ContainerSpec("c", "busybox"), "needs a command"),
        (ContainerSpec("c", "busybox", ("env",), refusal="no such port"), "no such port"),
        (
            ContainerSpec("c", "busybox", ("env",), env=(EnvVar("A", field_path="spec.x"),)),
            "fieldRef 'spec.x'",
        ),
    ],
)
def test_what_cannot_be_started_says_why(container, complaint):
    """The container's status shows it as CreateContainerConfigError."""
    with pytest.raises(BadContainer, match=complaint):
        prepare(POD, container, SHELL, PLACE)


def test_a_users_catalogue_comes_first_and_is_read_again_for_what_is_unknown(tmp_path):
    """An entry added while a pod waits is found at the next try; the complaint names the file."""
    path = tmp_path / "mine.yaml"
    path.write_text("images: [{match: [nginx], program: command, command: [cat]}]")
    catalogue = Catalogue(path)
    assert catalogue.find("nginx:1").command == ("cat",)
    with pytest.raises(UnknownImage, match=r"mine\.yaml"):
        catalogue.find("zookeeper")
    path.write_text("images: [{match: [zookeeper], program: http, ports: [2181]}]")
    assert catalogue.find("zookeeper").ports == (2181,)
    path.write_text("images: 3")
    with pytest.raises(UnknownImage, match="expected a mapping"):
        catalogue.find("other")


def test_a_catalogue_that_is_not_there_stops_the_agent(tmp_path):
    """Said at the start, with the path."""
    with pytest.raises(CatalogueError, match=r"none\.yaml"):
        Catalogue(tmp_path / "none.yaml")
