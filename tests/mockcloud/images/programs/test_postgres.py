"""How a PostgreSQL database is made ready. The server itself runs in node/test_real_servers.py."""

import os

import pytest

from mockcloud.images.programs import postgres


@pytest.fixture
def prepared(monkeypatch, tmp_path):
    """prepared(VARIABLES, ARGUMENT...): the words by which the server would go on, or the exit code."""
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("initdb", "postgres"):
        script = f'#!/bin/sh\n(echo {name} "$@"; [ -t 0 ] || cat) >> {tmp_path}/ran\n'
        (tools / name).write_text(f"{script}mkdir -p {tmp_path}/data\ntouch {tmp_path}/data/PG_VERSION\n")
        (tools / name).chmod(0o755)
    monkeypatch.setattr(postgres, "change_user", lambda _uid: None)
    monkeypatch.setattr(postgres, "own", lambda folder, _uid, _mode: os.makedirs(folder, exist_ok=True))
    became = []
    monkeypatch.setattr(postgres, "become", became.append)

    def prepare(variables, *arguments):
        monkeypatch.setattr(os, "environ", {"PGDATA": f"{tmp_path}/data", "PATH": os.defpath, **variables})
        code = postgres.main([str(tools / "postgres"), *arguments])
        return became.pop() if became else code

    return prepare


def test_a_database_is_made_once_as_asked_for(prepared, tmp_path):
    """User, database, who is let in; the container's arguments come last."""
    words = prepared({"POSTGRES_PASSWORD": "x", "POSTGRES_USER": "admin"}, "-c", "fsync=off")
    assert words[1:] == ("-c", "listen_addresses=*", "-c", f"unix_socket_directories={postgres.SOCKETS}",
                         "-c", "fsync=off")  # fmt: skip
    ran = (tmp_path / "ran").read_text()
    assert "--username=admin" in ran
    assert "--pwfile=" in ran
    assert 'CREATE DATABASE "admin"\n' in ran
    assert (tmp_path / "data" / "pg_hba.conf").read_text() == "host all all all scram-sha-256\n"
    prepared({})
    assert (tmp_path / "ran").read_text() == ran


def test_trust_needs_no_password(prepared, tmp_path):
    """And the default database is there already."""
    prepared({"POSTGRES_HOST_AUTH_METHOD": "trust"})
    ran = (tmp_path / "ran").read_text()
    assert "--pwfile" not in ran
    assert "CREATE DATABASE" not in ran
    assert (tmp_path / "data" / "pg_hba.conf").read_text() == "host all all all trust\n"


def test_without_a_password_it_says_what_to_set(prepared, tmp_path, capsys):
    """Nothing is begun."""
    assert prepared({}) == 1
    assert "Set POSTGRES_PASSWORD to one, or" in capsys.readouterr().err
    assert not (tmp_path / "ran").exists()


def test_what_fails_is_a_line(prepared, tmp_path, capsys):
    """Its own complaint went before."""
    (tmp_path / "bin" / "initdb").write_text("#!/bin/sh\nexit 3\n")
    assert prepared({"POSTGRES_PASSWORD": "x"}) == 1
    assert capsys.readouterr().err == "postgres: initdb failed with exit code 3\n"
