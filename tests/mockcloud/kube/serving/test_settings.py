"""The arguments of the process."""

from pathlib import Path

import pytest

from mockcloud.kube.serving.settings import IdentityWish, KubeconfigWish, Listener, parse


def test_defaults():
    """One listener and a data directory are enough."""
    settings = parse(["--data-dir", "/d", "--listen", "127.0.0.1:0"])
    assert settings.listeners == (Listener("127.0.0.1", 0),)
    assert settings.service_cidrs == ("10.96.0.0/16", "fd00:10:96::/112")
    assert (settings.advertise_address, settings.kubeconfigs, settings.descriptors) == (None, (), ())


def test_everything():
    """What the lab says."""
    arguments = ["--data-dir", "/d", "--listen", "[::1]:6443", "--fd", "7", "--fd", "8", "--kubeconfig", "/a"]
    arguments += ["--kubeconfig", "/b=https://192.168.10.10:6443", "--advertise-address", "192.168.10.10"]
    arguments += ["--identity", "system:node:a,system:nodes", "/c=https://192.168.10.10:6443"]
    settings = parse([*arguments, "--service-cidr", "10.0.0.0/24"])
    where = KubeconfigWish(Path("/c"), "https://192.168.10.10:6443")
    assert settings.identities == (IdentityWish("system:node:a", ("system:nodes",), where),)
    assert settings.listeners == (Listener("::1", 6443),)
    assert settings.descriptors == (7, 8)
    assert settings.kubeconfigs == (
        KubeconfigWish(Path("/a"), None),
        KubeconfigWish(Path("/b"), "https://192.168.10.10:6443"),
    )
    assert (settings.advertise_address, settings.service_cidrs) == ("192.168.10.10", ("10.0.0.0/24",))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param([], "nothing to listen on", id="no-listener"),
        pytest.param(["--listen", "here"], "expected HOST:PORT", id="listener"),
        pytest.param(["--listen", "h:99999"], "expected HOST:PORT", id="port"),
        pytest.param(
            ["--fd", "1", "--kubeconfig", "/a=http://x"], "expected PATH=https://HOST:PORT", id="url"
        ),
        pytest.param(["--fd", "1", "--identity", ",a", "/x"], "expected USER[,GROUP...]", id="nobody"),
        pytest.param(["--fd", "1", "--identity", "a", "/x=y"], "expected PATH=https", id="where"),
        pytest.param(["--fd", "1", "--advertise-address", "x"], "expected an IP address", id="address"),
        pytest.param(["--fd", "1", "--service-cidr", "10.0.0.1/24"], "expected CIDR", id="cidr"),
        pytest.param(
            ["--fd", "1", "--service-cidr", "10.0.0.0/24,10.1.0.0/24"], "one range of each", id="two"
        ),
    ],
)
def test_bad_arguments(capsys, arguments, message):
    """Exit code 2, and what was expected."""
    with pytest.raises(SystemExit) as ended:
        parse(["--data-dir", "/d", *arguments])
    assert ended.value.code == 2
    assert message in capsys.readouterr().err
