"""Images of one lab: added, loaded and forgotten while it runs."""

import stat

import pytest

from mockcloud.images.catalogue import Entry, Program
from mockcloud.images.image_lookup import BUILT_IN, Catalogue, UnknownImage
from mockcloud.lab.errors import LabError, UsageError
from mockcloud.lab.own_images import Known, add, listed, load, remove
from mockcloud.lab.state import folder
from tests.mockcloud.images.archives.samples import layer, saved

pytestmark = pytest.mark.netns
CONFIG = {"config": {"Entrypoint": ["/shop"], "User": "7:8"}}


def test_what_is_added_counts_at_once_and_what_is_forgotten_no_more(start_lab, tmp_path):
    """For an agent that has looked before, too; names can be patterns, the last word counts."""
    lab = start_lab()
    nodes = Catalogue(None, lab.own_catalogue)
    assert nodes.find("nginx").program is Program.NGINX
    program = tmp_path / "shopd"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    try:
        assert add(lab, "nginx", str(program), ["-v"], []) == f"{program} -v"
        assert add(lab, "team/*", "http", [], [3000]) == "http"
        assert nodes.find("nginx:1") == Entry(
            ("nginx",), Program.LOCAL, binary=(str(program),), arguments=("-v",)
        )
        assert nodes.find("team/api:3").ports == (3000,)
        assert [one for one in listed(lab) if one.image in {"team/*", "nginx"}] == [
            Known("team/*", "http", "this lab"),
            Known("nginx", f"{program} -v", "this lab"),
            Known("nginx", "nginx", "built in"),
        ]
        remove(lab, "nginx")
        remove(lab, "team/*")
        assert nodes.find("nginx").program is Program.NGINX
        with pytest.raises(
            UnknownImage, match=r"mockcloud image add team/shop=PROGRAM`, or .*catalogue\.yaml"
        ):
            nodes.find("team/shop")
        with pytest.raises(LabError, match="nothing was added or loaded as image 'nginx'"):
            remove(lab, "nginx")
    finally:
        program.unlink()


def test_an_archive_is_loaded_once_by_its_names(start_lab, tmp_path):
    """Its files belong to the lab's pods; one tag is one image; --as names it otherwise."""
    lab = start_lab()
    nodes = Catalogue(None, lab.own_catalogue)
    archive = tmp_path / "shop.tar"
    archive.write_bytes(saved(CONFIG, [layer(("shop", "1"))]))
    try:
        assert load(lab, archive, [], []) == ["shop:v1"]
        assert load(lab, archive, ["other"], ["/run", "-x"]) == ["other:latest"]
    finally:
        archive.unlink()
    first, second = nodes.find("docker.io/library/shop:v1"), nodes.find("other")
    assert (first.entrypoint, first.user, second.entrypoint) == (("/shop",), "7:8", ("/run", "-x"))
    assert first.root == second.root
    with pytest.raises(UnknownImage):
        nodes.find("shop:v2")
    (root,) = lab.data("images").glob("*/root")
    assert str(root) == first.root
    assert stat.S_IMODE((root / "shop").stat().st_mode) == 0o755
    remove(lab, "other")
    assert nodes.find("shop:v1") == first


def test_what_cannot_be_is_refused_in_one_line(start_lab, tmp_path):
    """Nothing of it stays."""
    lab = start_lab()
    archive = tmp_path / "shop.tar"
    archive.write_bytes(saved(CONFIG, [b"text"], ()))
    refusals = [
        (lambda: add(lab, "a b", "http", [], []), UsageError, "image 'a b': expected a name such as"),
        (lambda: add(lab, "a", "no-such-program", [], []), UsageError, "expected a program on PATH"),
        (lambda: add(lab, "a", str(archive), [], []), UsageError, "expected a file that can be executed"),
        (lambda: add(lab, "a", "http", ["-x"], []), UsageError, "takes no arguments"),
        (lambda: load(lab, archive, ["A?"], []), UsageError, "image 'A[?]': expected a name"),
        (lambda: load(lab, archive, ["shop:v1:"], []), UsageError, "image 'shop:v1:': expected a name"),
        (lambda: load(lab, archive, ["Shop"], []), UsageError, "image 'Shop': expected a name"),
        (lambda: load(lab, archive, [], []), LabError, "shop.tar: it does not say how the image is called"),
        (lambda: load(lab, archive, ["shop"], []), LabError, "shop.tar: layer 1 of 1 is no tar"),
        (
            lambda: load(lab, tmp_path / "none", ["shop"], []),
            LabError,
            "none cannot be loaded: No such file.*docker save",
        ),
    ]
    try:
        for do, kind, complaint in refusals:
            with pytest.raises(kind, match=complaint):
                do()
    finally:
        archive.unlink()
    assert not lab.own_catalogue.exists()
    assert not list(lab.data("images").glob("*/root"))


def test_without_a_lab_what_every_lab_knows_is_listed(monkeypatch, tmp_path):
    """And nothing can be added."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert {one.source for one in listed(folder("none"))} == {"built in"}
    assert BUILT_IN.exists()
    with pytest.raises(LabError, match="no lab called 'none' is up"):
        add(folder("none"), "a", "http", [], [])
