"""Commands that messages show can be typed as they are shown."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from mockcloud.lab.invocation import export, kubectl, mockcloud, program


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """Puts a script mockcloud where it is told to, as if that was typed; gives its path."""

    def install(folder, *, on_path):
        script = tmp_path / folder / "mockcloud"
        script.parent.mkdir(parents=True)
        script.write_text("#!/bin/sh\n")
        script.chmod(0o755)
        monkeypatch.setenv("PATH", f"/usr/bin:{script.parent}" if on_path else "/usr/bin")
        monkeypatch.setattr(sys, "argv", [str(script), "up"])
        return script

    return install


def test_a_command_on_the_path_is_called_by_its_name(installed):
    """With --name where the lab is not the default one."""
    installed("bin", on_path=True)

    assert mockcloud("down", "default") == "mockcloud down"
    assert mockcloud("exec", "two", "client", "--", "curl", "http://a/?b&c") == (
        "mockcloud exec --name two client -- curl 'http://a/?b&c'"
    )


def test_a_command_that_is_not_on_the_path_is_called_by_its_path(installed, tmp_path, monkeypatch):
    """Shortest from where one is; quoted where a shell would take it apart."""
    script = installed("a b/.venv/bin", on_path=False)

    assert mockcloud("down", "default") == f"'{script}' down"
    monkeypatch.chdir(tmp_path / "a b")
    assert mockcloud("down", "default") == ".venv/bin/mockcloud down"


def test_another_mockcloud_on_the_path_is_not_meant(installed, tmp_path, monkeypatch):
    """Two checkouts: the one that speaks names itself."""
    installed("other", on_path=True)
    script = tmp_path / "mine" / "mockcloud"
    script.parent.mkdir()
    script.touch()
    monkeypatch.setattr(sys, "argv", [str(script)])

    assert mockcloud("down", "default") == f"{script} down"


def test_a_module_that_was_run_names_the_command_beside_its_interpreter(monkeypatch, tmp_path):
    """`python -m mockcloud` and the demonstration; without an installed command the module itself."""
    monkeypatch.setattr(sys, "argv", ["/src/mockcloud/__main__.py"])
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))

    assert program() == [str(tmp_path / "python"), "-m", "mockcloud"]
    (tmp_path / "mockcloud").touch()
    assert program() == [str(tmp_path / "mockcloud")]


def test_kubectl_is_told_the_lab_where_it_means_another_cluster(monkeypatch, tmp_path):
    """A message's `kubectl get pods` must not ask whichever cluster the user's own kubeconfig names."""
    (tmp_path / "kubectl").touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("KUBECONFIG", "/labs/one/kubeconfig")
    assert kubectl("get", "pods", kubeconfig=Path("/labs/one/kubeconfig")) == "kubectl get pods"
    monkeypatch.delenv("KUBECONFIG")
    assert kubectl("get", "pods", kubeconfig=Path("/la bs/x")) == "kubectl --kubeconfig '/la bs/x' get pods"


def test_a_kubectl_that_is_not_on_the_path_is_called_by_its_path(monkeypatch, tmp_path):
    """`make setup` brings one into the virtual environment."""
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "bin" / "python"))
    assert kubectl("get", "nodes") == "kubectl get nodes"
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "kubectl").touch(mode=0o755)
    assert kubectl("get", "nodes") == f"{tmp_path}/bin/kubectl get nodes"


def test_an_export_survives_a_path_with_spaces():
    """As a shell reads it."""
    assert export("/la bs/kubeconfig") == "export KUBECONFIG='/la bs/kubeconfig'"


def test_what_is_shown_can_be_run():
    """By a shell, as a user would."""
    shown = mockcloud("kubeconfig", "no-such-lab")

    ended = subprocess.run(shown, shell=True, capture_output=True, text=True, timeout=90, check=False)

    assert ended.returncode == 1
    assert "no lab called 'no-such-lab' is up" in ended.stderr
