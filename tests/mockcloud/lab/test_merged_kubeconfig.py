"""A lab's access in a kubeconfig of others: put in, and taken out without a trace."""

import json
import stat

import pytest
import yaml

from mockcloud.lab.errors import LabError
from mockcloud.lab.merged_kubeconfig import merge, merged, take_out, without
from mockcloud.lab.state import LabFolder

OWN = {
    "clusters": [{"name": "mockcloud-a", "cluster": {"server": "https://127.0.0.1:1"}}],
    "users": [{"name": "mockcloud-a", "user": {"token": "t"}}],
    "contexts": [{"name": "mockcloud-a", "context": {"cluster": "mockcloud-a", "user": "mockcloud-a"}}],
    "current-context": "mockcloud-a",
}
OTHERS = {
    "apiVersion": "v1",
    "kind": "Config",
    "preferences": {"colors": True},
    "clusters": [{"name": "work", "cluster": {"server": "https://work"}}],
    "users": [{"name": "me", "user": {}}],
    "contexts": [{"name": "work", "context": {"cluster": "work", "user": "me"}}],
    "current-context": "work",
}
OLD = {
    **OTHERS,
    "clusters": [*OTHERS["clusters"], {"name": "mockcloud-a", "cluster": {"server": "https://old"}}],
}


@pytest.mark.parametrize("before", [OTHERS, OLD], ids=["new", "of-an-earlier-lab"])
def test_what_is_put_in_comes_out_again(before):
    """All of the others' stays, in its order, and what was current is so again."""
    document = merged(before, OWN)
    assert document["current-context"] == "mockcloud-a"
    assert [one["name"] for one in document["clusters"]] == ["work", "mockcloud-a"]
    assert document["clusters"][1] == OWN["clusters"][0]
    assert without(document, "mockcloud-a", "work") == OTHERS


@pytest.mark.parametrize(
    ("current", "before", "after"),
    [("mockcloud-a", "gone", ""), ("mockcloud-a", "", ""), ("work", "", "work")],
)
def test_the_current_context_is_one_that_is_there(current, before, after):
    """Or none: kubectl then says so."""
    document = {**merged(OTHERS, OWN), "current-context": current}
    assert without(document, "mockcloud-a", before)["current-context"] == after


@pytest.fixture
def lab(tmp_path, monkeypatch):
    """A lab's folder, as if one lived in it."""
    found = LabFolder("a", tmp_path / "a")
    found.path.mkdir()
    found.kubeconfig.write_text(json.dumps(OWN))
    monkeypatch.setattr(LabFolder, "read", lambda _self: None)
    return found


def test_files_are_made_private_and_links_stay(lab, tmp_path):
    """In each file where it was put, also where none was before."""
    real, link, fresh = (tmp_path / name for name in ("real", "link", "new/config"))
    real.write_text(yaml.safe_dump(OTHERS))
    link.symlink_to(real)
    for path in (link, fresh, link):
        merge(lab, path)
    assert link.is_symlink()
    assert stat.S_IMODE(fresh.stat().st_mode) == 0o600
    assert yaml.safe_load(real.read_text())["current-context"] == "mockcloud-a"
    take_out(lab)
    assert yaml.safe_load(real.read_text()) == OTHERS
    assert yaml.safe_load(fresh.read_text())["contexts"] == []
    assert (
        sorted(path.name for path in tmp_path.rglob("*") if "lock" in path.name or path.name[0] == ".") == []
    )


def test_a_file_that_is_gone_is_no_hindrance(lab, tmp_path):
    """Whoever removed it has taken the lab's access out, too."""
    merge(lab, tmp_path / "config")
    (tmp_path / "config").unlink()
    take_out(lab)
    assert not (tmp_path / "config").exists()


@pytest.mark.parametrize(
    ("text", "complaint"),
    [("a: [", "config cannot be read"), ("[]", "is no kubeconfig"), ("clusters: [x]", "is no kubeconfig")],
)
def test_a_file_that_is_no_kubeconfig_stays_as_it_is(lab, tmp_path, text, complaint):
    """And no lock is left."""
    path = tmp_path / "config"
    path.write_text(text)
    with pytest.raises(LabError, match=complaint):
        merge(lab, path)
    assert path.read_text() == text
    assert not path.with_name("config.lock").exists()


def test_another_writer_is_waited_for_and_named(lab, tmp_path, monkeypatch):
    """kubectl's lock, which may be of one that was killed."""
    monkeypatch.setattr("mockcloud.lab.merged_kubeconfig.LOCK_SECONDS", 0.0)
    lock = tmp_path / "config.lock"
    lock.touch()
    with pytest.raises(LabError, match=r"config.lock is there. Remove it if no kubectl is at work"):
        merge(lab, tmp_path / "config")
    assert lock.exists()
