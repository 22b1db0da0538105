"""The command line."""

import pytest

from mockcloud.ingress.settings import parse


def test_what_is_told():
    """IPv6 is served by a pod that has it."""
    found = parse(["--publish-service", "a/b", "--pod", "p", "--pod-ips", "10.0.0.1,fd00::1"])
    assert (found.service, found.pod, found.ipv6) == (("a", "b"), "p", True)
    assert not parse(["--pod-ips", "10.0.0.1"]).ipv6


def test_a_service_without_a_namespace_is_refused(capsys):
    """It names what was expected."""
    with pytest.raises(SystemExit):
        parse(["--publish-service", "b"])
    assert "'b': expected NAMESPACE/NAME" in capsys.readouterr().err
