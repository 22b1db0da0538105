"""Links of a page that is seen through a proxy."""

import pytest

from mockcloud.kube.streams.links import moved, page

SERVER = "http://10.244.1.2:8080"
ROOT = "/api/v1/namespaces/a/pods/web/proxy"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("/x/y?q=1#part", f"{ROOT}/x/y?q=1#part"),
        (f"{SERVER}/x", f"{ROOT}/x"),
        ("//10.244.1.2:8080/x", f"{ROOT}/x"),
        ("https://example.org/x", "https://example.org/x"),
        ("x/y", "x/y"),
        ("#part", "#part"),
        ("mailto:a@example.org", "mailto:a@example.org"),
        (f"{ROOT}/x", f"{ROOT}/x"),
    ],
)
def test_what_is_the_servers_own_moves(url, expected):
    """Only that: others' pages, and relative links, are right as they are."""
    assert moved(url, SERVER, ROOT) == expected


def test_a_page_keeps_all_but_its_links():
    """Text that looks like a link is text."""
    text = "<A class='b' HREF='/x'>href=\"/y\"</A><img src=\"/z.png\"><p title='/t'>1 < 2</p>"
    expected = text.replace("'/x'", f"'{ROOT}/x'").replace("/z.png", f"{ROOT}/z.png")
    assert page(text, SERVER, ROOT) == expected
