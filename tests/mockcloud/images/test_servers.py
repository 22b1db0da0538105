"""The real servers behind images."""

from mockcloud.images.catalogue import Entry, Program
from mockcloud.images.servers import SERVERS, server


def test_programs_of_ours_have_none():
    """They are always there."""
    for program in (Program.HTTP, Program.LINES, Program.COMMAND):
        assert server(Entry(("x",), program)) is None


def test_each_says_how_it_is_installed_and_has_links_only_in_folders_of_its_own():
    """Nobody is told of a lack without what helps."""
    for each in SERVERS.values():
        assert "apt-get install" in each.install
        assert all(path.rpartition("/")[0] in each.folders for path, _ in each.links)


def test_a_binary_of_the_users_own_without_advice_is_named():
    """`install` is optional in a catalogue."""
    found = server(Entry(("x",), Program.LOCAL, binary=("a", "b"), arguments=("-v",)))
    assert found is not None
    assert (found.binaries, found.arguments, found.install) == (
        ("a", "b"),
        ("-v",),
        "install a or b on this machine and delete the pod",
    )
