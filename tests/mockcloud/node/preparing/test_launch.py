"""What is started for a container, and the catalogue as files."""

import pytest

from mockcloud.node.images import CatalogueError, Entry, Program
from mockcloud.node.pods.spec import ContainerSpec, PodSpec, PortSpec
from mockcloud.node.preparing.launch import BadContainer, Catalogue, UnknownImage, prepare

POD = PodSpec("u", "default", "web-1", ())
WEB, SHELL = Entry(("nginx",), Program.HTTP, (80,)), Entry(("busybox",), Program.COMMAND)


def test_the_web_server_is_told_who_it_is_and_where_to_listen():
    """Identity by environment, ports by arguments, and it says when it serves."""
    prepared = prepare(POD, ContainerSpec("c", "nginx", ports=(PortSpec(8080),)), WEB, "node-1", {})
    assert prepared.says_ready
    assert prepared.start.argv[-3:] == (prepared.start.argv[-3], "--port", "8080")
    assert prepared.start.argv[-4].endswith("start.py")
    assert prepared.start.env["POD_NAME"] == "web-1"
    assert prepared.start.env["NODE_NAME"] == "node-1"


def test_a_command_and_its_arguments_are_filled_in_from_the_environment():
    """Both $(NAME)s, as kubelet does it; the directory and the terminal are passed on."""
    container = ContainerSpec("c", "busybox", ("echo", "$(A)"), ("$$(A)", "$(B)"), working_dir="/w", tty=True)
    prepared = prepare(POD, container, SHELL, "node-1", {"A": "x"})
    start = prepared.start
    assert (start.argv, start.env) == (("echo", "x", "$(A)", "$(B)"), {"A": "x", "TERM": "xterm"})
    assert (start.cwd, start.tty, start.stdin, prepared.says_ready) == ("/w", True, False, False)


def test_a_containers_own_terminal_name_counts():
    """`env: [{name: TERM, ...}]`; and without a terminal there is no name for one."""
    named = prepare(POD, ContainerSpec("c", "busybox", ("sh",), tty=True), SHELL, "node-1", {"TERM": "vt100"})
    without = prepare(POD, ContainerSpec("c", "busybox", ("sh",)), SHELL, "node-1", {})
    assert (named.start.env, without.start.env) == ({"TERM": "vt100"}, {})


def test_what_cannot_be_started_says_why():
    """The container's status shows it as CreateContainerConfigError."""
    with pytest.raises(BadContainer, match="needs a command"):
        prepare(POD, ContainerSpec("c", "busybox"), SHELL, "node-1", {})


def test_a_users_catalogue_comes_first_and_is_read_again_for_what_is_unknown(tmp_path):
    """An entry added while a pod waits is found at the next try; the complaint names the file."""
    path = tmp_path / "mine.yaml"
    path.write_text("images: [{match: [nginx], program: command, command: [cat]}]")
    catalogue = Catalogue(path)
    assert catalogue.find("nginx:1").command == ("cat",)
    with pytest.raises(UnknownImage, match=r"mine\.yaml"):
        catalogue.find("tiny-thing")
    path.write_text("images: [{match: [tiny-thing], program: http, ports: [2181]}]")
    assert catalogue.find("tiny-thing").ports == (2181,)
    path.write_text("images: 3")
    with pytest.raises(UnknownImage, match="expected a mapping"):
        catalogue.find("other")


def test_a_catalogue_that_is_not_there_stops_the_agent(tmp_path):
    """Said at the start, with the path."""
    with pytest.raises(CatalogueError, match=r"none\.yaml"):
        Catalogue(tmp_path / "none.yaml")
