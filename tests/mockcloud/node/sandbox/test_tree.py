"""How the host's folders are shown to a container."""

import pytest

from mockcloud.node.sandbox.tree import How, hidden, how, is_inside, mount_points, top

MOUNTS = {"/", "/proc", "/run", "/home/me", "/mnt/disk", "/etc/hosts"}
WANTED = {"/etc/resolv.conf", "/usr/share/nginx/html", "/var/log"}


@pytest.mark.parametrize(
    ("folder", "readable", "expected"),
    [
        pytest.param("/usr", True, How.OVERLAY, id="one-file-system"),
        pytest.param("/etc", True, How.REBUILD, id="mounts-below-and-something-wanted"),
        pytest.param("/home", True, How.BIND, id="mounts-below-and-nothing-wanted"),
        pytest.param("/root", False, How.EMPTY, id="closed-to-this-user"),
        pytest.param("/home/me", True, How.OVERLAY, id="a-mount-itself"),
    ],
)
def test_each_folder_is_shown_in_its_way(folder, readable, expected):
    """Only what has no mounts below can be overlaid in a user namespace."""
    assert how(folder, MOUNTS, WANTED, readable=readable) is expected


def test_mount_points_are_read_with_their_odd_characters():
    """proc(5) escapes blanks and backslashes."""
    text = (
        "22 27 0:21 / /proc rw,relatime - proc proc rw\n"
        "27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw\n"
        "31 27 0:5 / /mnt/my\\040disk\\134x rw - tmpfs tmpfs rw\n"
    )
    assert mount_points(text) == {"/proc", "/", "/mnt/my disk\\x"}


def test_programs_in_folders_that_pods_do_not_see_are_found():
    """A venv in a home or in /tmp must be mounted; one in /opt needs nothing."""
    assert hidden(["/tmp/venv", "/home/me/venv", "/usr", "/opt/venv"]) == ["/home/me/venv", "/tmp/venv"]


def test_inside_means_below():
    """A name that begins alike is another; the top folder is the first part."""
    assert is_inside("/usr/lib", "/usr")
    assert not is_inside("/usr", "/usr")
    assert not is_inside("/usrlocal", "/usr")
    assert top("/usr/lib/x") == "/usr"
