"""An image's config as an entry of the catalogue."""

import pytest

from mockcloud.images.archives.image_config import (
    Account,
    ConfigError,
    ImageConfig,
    account,
    catalogue_entry,
    image_config,
)
from mockcloud.images.catalogue import Entry, Program, parse

CONFIG = {
    "Entrypoint": ["/shop"],
    "Cmd": ["--listen", ":80"],
    "Env": ["PATH=/bin", "MODE=a=b"],
    "WorkingDir": "/srv",
    "User": "shop",
    "StopSignal": "3",
}
PASSWD = "root:x:0:0::/root:/bin/sh\nshop:x:1000:50:Shop:/srv/shop:/bin/sh\nbroken\n"
GROUP = "staff:x:50:\nkeys:x:77:shop\n"


def test_what_an_image_says_becomes_an_entry_that_the_catalogue_takes():
    """ENTRYPOINT, CMD, ENV, WORKDIR, USER and STOPSIGNAL; HOME as its passwd file has it."""
    found = image_config({"config": CONFIG, "os": "linux", "architecture": "arm64"}, "aarch64")
    entry = catalogue_entry(["shop:v1"], "/rootfs", found, account(found.user, PASSWD, GROUP))
    assert parse({"images": [entry]}, "x") == (
        Entry(
            ("shop:v1",),
            Program.ROOTFS,
            command=("--listen", ":80"),
            entrypoint=("/shop",),
            root="/rootfs",
            environment=("PATH=/bin", "MODE=a=b", "HOME=/srv/shop"),
            working_dir="/srv",
            user="1000:50",
            stop_signal="SIGQUIT",
        ),
    )


def test_an_image_may_say_nothing():
    """Then it is root's, at /, without a command."""
    assert image_config({}, "x86_64") == ImageConfig()
    assert image_config({"config": None}, "x86_64") == ImageConfig()


@pytest.mark.parametrize(
    ("document", "complaint"),
    [
        ([], "expected a JSON object"),
        ({"config": 3}, "expected a JSON object"),
        ({"architecture": "arm64"}, "of architecture 'arm64', and this machine's is 'amd64'"),
        ({"os": "windows"}, "of os 'windows'"),
        ({"config": {"Cmd": "run"}}, "Cmd is 'run': expected a list of texts"),
        ({"config": {"Env": [1]}}, r"Env is \[1\]: expected a list of texts"),
        ({"config": {"WorkingDir": 1}}, "WorkingDir is 1: expected a text"),
        ({"config": {"StopSignal": "HUGE"}}, "StopSignal is 'HUGE'"),
        ({"config": {"StopSignal": "99"}}, "StopSignal is '99'"),
    ],
)
def test_a_config_that_cannot_be_used_is_refused(document, complaint):
    """With what is wrong in it."""
    with pytest.raises(ConfigError, match=complaint):
        image_config(document, "x86_64")


@pytest.mark.parametrize(
    ("user", "found"),
    [
        ("", Account()),
        ("root", Account()),
        ("shop", Account(1000, 50, "/srv/shop")),
        ("shop:keys", Account(1000, 77, "/srv/shop")),
        ("1000", Account(1000, 50, "/srv/shop")),
        ("1000:9", Account(1000, 9, "/srv/shop")),
        ("4000", Account(4000, 0, "/")),
        (":keys", Account(0, 77)),
    ],
)
def test_a_user_is_looked_up_in_the_images_own_files(user, found):
    """By name or number, as `USER` in a Dockerfile; a number needs no line."""
    assert account(user, PASSWD, GROUP) == found


@pytest.mark.parametrize(
    ("user", "whom"), [("nobody", "/etc/passwd"), ("shop:none", "/etc/group"), ("١", "/etc/passwd")]
)
def test_a_user_whom_nobody_knows_is_refused(user, whom):
    """The image would run as somebody else."""
    with pytest.raises(ConfigError, match=whom):
        account(user, PASSWD, GROUP)
