"""What comes before a real server: settings, folders, and who it is."""

import os

import pytest

from mockcloud.images.programs.becoming import Refusal, own, refuse, secret


def test_a_setting_is_a_variable_or_a_files_content(monkeypatch, tmp_path):
    """As the images have it, for Secrets that are mounted."""
    monkeypatch.setenv("PASSWORD", "by variable")
    assert (secret("PASSWORD"), secret("NONE"), secret("NONE", "x")) == ("by variable", "", "x")
    (tmp_path / "password").write_text("by file\n")
    monkeypatch.setenv("PASSWORD_FILE", str(tmp_path / "password"))
    assert secret("PASSWORD") == "by file"
    monkeypatch.setenv("PASSWORD_FILE", "/no/such/file")
    with pytest.raises(Refusal, match="PASSWORD_FILE=/no/such/file: No such file or directory"):
        secret("PASSWORD")


def test_a_folder_becomes_the_servers_where_root_makes_it(tmp_path):
    """With what is in it; whoever is not root has to do with it as it is."""
    folder = tmp_path / "data"
    (folder / "sub").mkdir(parents=True)
    (folder / "sub" / "file").touch()
    own(str(folder), 999, 0o700)
    wanted = 999 if os.geteuid() == 0 else os.geteuid()
    assert {path.stat().st_uid for path in (folder, folder / "sub", folder / "sub" / "file")} == {wanted}
    own(str(tmp_path / "new"), os.geteuid(), 0o700)
    assert (tmp_path / "new").is_dir()
    (tmp_path / "file").touch()
    with pytest.raises(Refusal, match=f"{tmp_path}/file"):
        own(str(tmp_path / "file"), 999, 0o700)


def test_a_refusal_is_the_last_line(capsys):
    """One that helps, and exit code 1."""
    assert refuse("db", Refusal("set PASSWORD")) == 1
    assert capsys.readouterr().err == "db: set PASSWORD\n"
