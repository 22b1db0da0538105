"""What HAProxy is told of routes; that it does it is tests/mockcloud/ingress/test_data_path.py's."""

from mockcloud.ingress.decide.rendering import served
from mockcloud.ingress.decide.views import Backend, Endpoint, Routes

WEB = Backend("default", "web", "80")
POD = Endpoint("10.0.0.1", 8080, True)


def of(*endpoints, prefixes=None, certificates=None, default=None, ipv6=False):
    prefixes = {("web.example", ""): WEB} if prefixes is None else prefixes
    routes = Routes({}, prefixes, default, {WEB: endpoints}, certificates or {}, ())
    return served(routes, "SELF-SIGNED", "/f", ipv6=ipv6)


def test_pods_that_come_and_go_are_no_reload():
    """All but servers stays as it is; who is not ready takes no new requests."""
    before, after = of(POD), of(POD, Endpoint("fd00::1", 8080, False))
    lines = [{name: each.lines for name, each in it.sections.items()} for it in (before, after)]
    assert (lines[0], before.files) == (lines[1], after.files)
    server = after.sections["default_web_80"].servers["fd00__1-8080"]
    assert (server.words, server.takes) == ("[fd00::1]:8080", False)


def test_what_changes_in_a_file_changes_its_name():
    """Else HAProxy would go on with what it read."""
    one, other = of(POD), of(POD, prefixes={("*.example", "/a"): WEB, ("", ""): WEB})
    assert one.sections["http"].lines != other.sections["http"].lines
    assert "*.example/a/ default_web_80\n*/ default_web_80\n" in other.files.values()
    assert "example *.example\n" in other.files.values()


def test_certificates_by_name():
    """The self-signed one is first: it is for all names that have no other."""
    files = of(POD, certificates={"a.example": "PEM", "b.example": "PEM"}).files
    names = next(content for name, content in files.items() if name.startswith("names-"))
    first, second = names.splitlines()
    assert files[first.split()[0].removeprefix("/f/")] == "SELF-SIGNED"
    assert second.split()[1:] == ["a.example", "b.example"]


def test_addresses_and_the_default():
    """IPv6 where the pod has it."""
    lines = "\n".join(of(POD, default=WEB, ipv6=True).sections["http"].lines)
    assert "bind :::80 v6only" in lines
    assert "set-var(txn.backend) str(default_web_80)" in lines
    assert ":::" not in "\n".join(of(POD).sections["http"].lines)
