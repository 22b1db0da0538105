"""What is started for a container."""

import pytest

from mockcloud.images.catalogue import Entry, Program
from mockcloud.node.container_config.launch import (
    APPLETS,
    PATH,
    TOOLS_FOLDER,
    BadContainer,
    Image,
    base_variables,
    prepare,
)
from mockcloud.node.pods.spec import ContainerSpec, PodSpec, PortSpec

POD = PodSpec("u", "default", "web-1", ())
WEB = Image("node-1", Entry(("web",), Program.HTTP, (80,)), lambda _server: None)
BUSYBOX = Entry(("busybox",), Program.COMMAND, shell="busybox")
SHELL = Image("node-1", Entry(("busybox",), Program.COMMAND), lambda _server: None)
REDIS = Entry(("redis",), Program.REDIS, (6379,))


def test_the_web_server_is_told_who_it_is_and_where_to_listen():
    """Identity by environment, ports by arguments, and it says when it serves."""
    prepared = prepare(POD, ContainerSpec("c", "web", ports=(PortSpec(8080),)), WEB, {})
    assert prepared.says_ready
    assert prepared.start.argv[-3:] == (prepared.start.argv[-3], "--port", "8080")
    assert prepared.start.argv[-4].endswith("start.py")
    assert prepared.start.env["POD_NAME"] == "web-1"
    assert prepared.start.env["NODE_NAME"] == "node-1"


def test_a_command_and_its_arguments_are_filled_in_from_the_environment():
    """Both $(NAME)s, as kubelet does it; the directory and the terminal are passed on."""
    container = ContainerSpec("c", "busybox", ("echo", "$(A)"), ("$$(A)", "$(B)"), working_dir="/w", tty=True)
    prepared = prepare(POD, container, SHELL, {"A": "x"})
    start = prepared.start
    assert (start.argv, start.env) == (("echo", "x", "$(A)", "$(B)"), {"A": "x", "TERM": "xterm"})
    assert (start.cwd, start.tty, start.stdin, prepared.says_ready) == ("/w", True, False, False)


def test_a_containers_own_terminal_name_counts():
    """`env: [{name: TERM, ...}]`; and without a terminal there is no name for one."""
    named = prepare(POD, ContainerSpec("c", "busybox", ("sh",), tty=True), SHELL, {"TERM": "vt100"})
    without = prepare(POD, ContainerSpec("c", "busybox", ("sh",)), SHELL, {})
    assert (named.start.env, without.start.env) == ({"TERM": "vt100"}, {})


def test_what_cannot_be_started_says_why():
    """The container's status shows it as CreateContainerConfigError."""
    with pytest.raises(BadContainer, match="needs a command"):
        prepare(POD, ContainerSpec("c", "busybox"), SHELL, {})


def test_a_real_server_is_started_in_its_images_folder_with_no_words_of_ours():
    """As the image has it: WORKDIR, and the container's environment alone."""
    found = prepare(POD, ContainerSpec("c", "redis"), Image("n", REDIS, lambda _: "/bin/redis-server"), {})
    assert (found.start.argv[0], found.start.cwd, found.start.env) == ("/bin/redis-server", "/data", {})
    assert (found.says_ready, found.lacking) == (False, "")


def test_where_it_is_lacking_the_stand_in_is_told_why():
    """Its log and an Event say the same."""
    found = prepare(POD, ContainerSpec("c", "redis"), Image("n", REDIS, lambda _: None), {})
    assert "apt-get install redis-server" in found.lacking
    assert (found.start.env["MOCKCLOUD_LACKING"], found.says_ready) == (found.lacking, True)


def test_an_image_of_busybox_finds_its_applets_first():
    """Where the machine has one; else the machine's own programs do."""
    found = base_variables("h", Image("n", BUSYBOX, lambda _: "/bin/busybox"))["PATH"]
    assert found == f"{TOOLS_FOLDER}/{APPLETS}:{PATH}"
    assert base_variables("h", Image("n", BUSYBOX, lambda _: None))["PATH"] == PATH
    assert base_variables("h", Image("n", REDIS, lambda _: "/bin/x"))["PATH"] == PATH


@pytest.mark.parametrize(
    ("entry", "variables", "expected"),
    [
        pytest.param(BUSYBOX, ["A", "MY_2"], "busybox", id="busybox'-own"),
        pytest.param(BUSYBOX, ["A", "my.dot"], "bash", id="names-that-debian's-drops"),
        pytest.param(REDIS, ["A"], None, id="the-machine's"),
    ],
)
def test_an_images_shell(entry, variables, expected):
    """It says what goes wrong in busybox' words, and keeps all variables."""
    image = Image("n", entry, lambda server: server.binaries[0])
    assert image.shell(variables) == expected
