"""What a new MariaDB or MySQL is told first, and what it runs by."""

import os

import pytest

from mockcloud.images.programs import mysql
from mockcloud.images.programs.becoming import Refusal


@pytest.fixture
def setting(monkeypatch):
    """setting(NAME=VALUE...): the container's variables."""
    monkeypatch.setattr(mysql.socket, "gethostname", lambda: "db-0")

    def set_all(**values):
        monkeypatch.setattr(os, "environ", values)

    return set_all


def test_users_and_the_database_are_made_as_asked_for(setting):
    """What people write is a text, whatever is in it."""
    setting(MYSQL_ROOT_PASSWORD="s'3\\x", MARIADB_DATABASE="my`shop", MYSQL_USER="u", MYSQL_PASSWORD="p")
    assert mysql._first_words().splitlines()[3:] == [
        "CREATE USER IF NOT EXISTS 'root'@'%' IDENTIFIED BY 's\\'3\\\\x';",
        "GRANT ALL ON *.* TO 'root'@'%' WITH GRANT OPTION;",
        "ALTER USER 'root'@'localhost' IDENTIFIED BY 's\\'3\\\\x';",
        "CREATE DATABASE IF NOT EXISTS `my``shop`;",
        "CREATE USER IF NOT EXISTS 'u'@'%' IDENTIFIED BY 'p';",
        "GRANT ALL ON `my``shop`.* TO 'u'@'%';",
    ]


def test_no_root_is_left_without_the_password(setting):
    """The installer makes some of its own."""
    setting(MYSQL_ROOT_PASSWORD="x")
    dropped = [f"DROP USER IF EXISTS 'root'@'{host}';" for host in ("db-0", "127.0.0.1", "::1")]
    assert mysql._first_words().splitlines()[:3] == dropped


def test_nobody_is_let_in_without_a_password_unless_that_was_said(setting):
    """The refusal names what to set."""
    setting()
    with pytest.raises(Refusal, match="Set MARIADB_ROOT_PASSWORD"):
        mysql._first_words()
    setting(MYSQL_ALLOW_EMPTY_PASSWORD="1")
    assert "'root'@'%' IDENTIFIED BY '';" in mysql._first_words()


@pytest.fixture
def started(monkeypatch, tmp_path, setting):
    """started(ARGUMENT...): the words by which the server would go on, or the exit code."""
    monkeypatch.setattr(mysql, "DATA", str(tmp_path / "data"))
    monkeypatch.setattr(mysql, "SOCKETS", str(tmp_path))
    monkeypatch.setattr(mysql, "FIRST_WORDS", str(tmp_path / "first.sql"))
    monkeypatch.setattr(mysql, "change_user", lambda _uid: None)
    monkeypatch.setattr(mysql, "own", lambda folder, _uid, _mode: os.makedirs(folder, exist_ok=True))
    became = []
    monkeypatch.setattr(mysql, "become", became.append)
    server = tmp_path / "mysqld"
    server.write_text('#!/bin/sh\nfor word; do :; done\nmkdir -p "${word#--datadir=}/mysql"\n')
    server.chmod(0o755)

    def start(*arguments):
        code = mysql.main([str(server), *arguments])
        return became.pop() if became else code

    return start


def test_a_database_is_made_once(started, setting, tmp_path):
    """And told its first words once; the container's arguments come last."""
    setting(MYSQL_ROOT_PASSWORD="x", PATH=os.defpath)
    words = started("--verbose")
    assert (words[1], words[-1]) == ("--no-defaults", "--verbose")
    assert f"--init-file={tmp_path}/first.sql" in words
    assert not any(word.startswith("--init-file") for word in started())


def test_what_cannot_be_made_is_a_line(started, setting, tmp_path, capsys):
    """Never a stack trace."""
    setting(MYSQL_ROOT_PASSWORD="x", PATH=os.defpath)
    (tmp_path / "mysqld").write_text("#!/bin/sh\nexit 3\n")
    assert started() == 1
    assert capsys.readouterr().err == "mysql: mysqld failed with exit code 3\n"
