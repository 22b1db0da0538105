"""What a lab tells of itself, as files."""

from __future__ import annotations

import json

import pytest

from mockcloud.export.everything import export
from mockcloud.lab.errors import LabError
from mockcloud.lab.state import folder
from mockcloud.testing import lab
from mockcloud.testing.command import mockcloud


@pytest.mark.netns
@pytest.mark.kubectl
def test_all_of_a_lab(tmp_path):
    """Daemons, pods, objects, rules; no Secret, in whatever form."""
    with lab(options=("--nodes", "1"), state=tmp_path / "state") as mine:
        mine.kubectl("create", "secret", "generic", "hidden", "--from-literal=word=sesame")
        with mine.broken("loss", "node-1", "1"):
            said = mockcloud(mine.environment, "export", "logs", "--name", mine.name, str(tmp_path / "out"))
    out = tmp_path / "out"
    assert said == f"{out}\n"
    assert {each.name for each in (out / "daemons").iterdir()} >= {
        "kube.log",
        "node-1.log",
        "controllers.log",
    }
    speaker = next((out / "pods").glob("baremetal-lb-system_baremetal-lb-speaker-*"))
    assert [each for each in speaker.iterdir() if each.stat().st_size]
    assert json.loads((out / "status.json").read_text())["phase"] == "running"
    names = {each.name for each in (out / "objects").iterdir()}
    assert {"pods.json", "deployments.apps.json", "events.json", "nodes.json"} <= names
    assert len(json.loads((out / "objects" / "nodes.json").read_text())["items"]) == 1
    assert "table ip mockcloud" in (out / "hosts" / "node-1" / "rules.nft").read_text()
    (fault,) = json.loads((out / "faults.json").read_text())
    assert fault["hosts"] == ["node-1"]
    assert "192.168.10." in (out / "hosts" / "node-1" / "addresses.txt").read_text()
    assert "10.96.0.0/16 dev eth0" in (out / "hosts" / "node-1" / "routes.txt").read_text()
    assert "Python 3" in (out / "versions.txt").read_text()
    texts = [each.read_bytes() for each in out.rglob("*") if each.is_file()]
    assert not any(b"sesame" in each or b"c2VzYW1l" in each for each in texts)


def test_of_a_lab_that_ended_badly_its_logs(tmp_path, monkeypatch):
    """And why there is no more."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    dead = folder("dead")
    (dead.path / "logs").mkdir(parents=True)
    dead.log("kube").write_text("oh\n")
    (said,) = export(dead, tmp_path / "out")
    assert "ended badly" in said
    assert (tmp_path / "out" / "daemons" / "kube.log").read_text() == "oh\n"


def test_where_there_is_no_lab(tmp_path, monkeypatch):
    """Nothing is written."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    with pytest.raises(LabError, match="no lab called 'none' is up"):
        export(folder("none"), tmp_path / "out")
    assert not (tmp_path / "out").exists()
