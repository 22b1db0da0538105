"""The suite's options: the environment that they describe."""

from __future__ import annotations

import pytest
from _pytest.config.argparsing import Parser

from e2e.suite import options
from e2e.suite.environments.environment import Cannot, Fault


@pytest.fixture
def described():
    """described(WORD...): the environment by these words of a command line."""
    parser = Parser(_ispytest=True)
    options.add(parser)

    def describe(*words):
        return options.environment(parser.parse(list(words)), "e2e")

    return describe


def test_nothing_said_is_a_lab(described):
    """Whose client is its host `client`: whatever KUBECONFIG says, no other cluster is touched."""
    found = described()

    assert found.name == "lab"
    assert found.client[-4:] == ("--name", "e2e", "client", "--")


def test_a_real_cluster_is_hurt_by_its_own_commands(described):
    """With the name that is said."""
    found = described("--environment", "real", "--cluster", "one")

    assert found.client[1:] == ("-m", "e2e.real", "--name", "one", "exec", "client", "--")
    assert found.kill.on("node-1").end[-2:] == ("start", "node-1")


def test_what_is_said_counts_more_than_what_is_known(described):
    """Image, pool, the longest gap and a fault."""
    found = described(
        *("--environment", "kind", "--image", "localhost/x:1", "--pool", "10.0.0.1-10.0.0.9"),
        *("--longest-gap", "3", "--fault", "kill", "stop {node}", "start {node}"),
    )

    assert (found.image, found.pool, found.longest_gap) == ("localhost/x:1", "10.0.0.1-10.0.0.9", 3.0)
    assert found.kill == Fault(("stop", "{node}"), ("start", "{node}"))
    assert found.cut == described("--environment", "kind").cut
    assert isinstance(described("--environment", "plain").pause, Cannot)


def test_commands_are_read_as_a_shell_reads_them(described):
    """A client of one's own, and how to upgrade."""
    found = described("--environment", "plain", "--client", "ssh 'a host'", "--upgrade", "helm upgrade x y")

    assert found.client == ("ssh", "a host")
    assert found.upgrade == ("helm", "upgrade", "x", "y")


def test_an_empty_client_is_this_host(described):
    """`--client ''` is said, too."""
    assert described("--environment", "kind", "--client", "").client == ()
