"""What views say of themselves."""

from mockcloud.ingress.decide.views import Backend, Routes

WEB = Backend("default", "web", "http")


def test_a_backend_in_words():
    """As answers and Events name it."""
    assert str(WEB) == "port http of Service default/web"


def test_hosts():
    """All that have a path of either kind."""
    routes = Routes({("a", "/"): WEB}, {("b", "/"): WEB, ("", "/"): WEB}, None, {}, {}, ())
    assert routes.hosts == {"a", "b", ""}
