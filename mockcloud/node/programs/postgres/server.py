"""A stand-in for PostgreSQL: every user is let in without a password; SELECT, SHOW, and who answers.

`SELECT * FROM lab` gives pod, namespace, node and the client's address; pod_name(), node_name() and the
server's own inet_server_addr(), inet_client_addr() do so one by one. Statements that need tables are refused.
"""

import struct
import time
from collections.abc import Mapping
from typing import Final

from mockcloud.node.programs import serving
from mockcloud.node.programs.postgres import wire
from mockcloud.node.programs.sql import language
from mockcloud.node.programs.sql.language import Refused, Row, Surroundings, Value

VERSION: Final = "16.4"
SYNTAX_ERROR: Final = "42601"
NOT_SUPPORTED: Final = "0A000"
# Statements that change nothing here, and what is answered to them.
EMPTY: Final = {
    "BEGIN": "BEGIN",
    "START": "BEGIN",
    "COMMIT": "COMMIT",
    "END": "COMMIT",
    "ROLLBACK": "ROLLBACK",
    "ABORT": "ROLLBACK",
    "SET": "SET",
    "RESET": "RESET",
    "DISCARD": "DISCARD ALL",
    "DEALLOCATE": "DEALLOCATE",
}


def main(argv: list[str]) -> int:
    """Serve until told to end."""
    return serving.serve(argv, lambda connection: Session(connection).run())


class Session:
    """One client, from its first message to its last."""

    def __init__(self, connection: serving.Connection) -> None:
        self._connection = connection
        self._settings: dict[str, str] = {}
        self._around = Surroundings({})
        self._prepared: dict[str, str] = {}
        self._portals: dict[str, str] = {}
        self._failed = False  # in the extended protocol: all is skipped until Sync

    def run(self) -> None:
        """Talk until the client leaves."""
        asked = wire.read_startup(self._connection)
        user = asked.get("user", "")
        database = asked.get("database") or user
        self._settings = settings(user, asked)
        self._around = surroundings(self._connection, user, database, self._settings)
        greeting = [wire.message("R", struct.pack("!i", 0))]
        greeting += [
            wire.message("S", wire.text(key), wire.text(value)) for key, value in self._settings.items()
        ]
        greeting.append(wire.message("K", struct.pack("!ii", self._connection.number, 0)))
        self._connection.send(b"".join(greeting) + wire.READY)
        while (message := wire.read_message(self._connection)).kind != "X":
            self._connection.send(self._reply(message))

    def _reply(self, message: wire.Message) -> bytes:
        if message.kind == "Q":
            return self._simple(message.texts()[0]) + wire.READY
        if message.kind == "S":
            self._failed = False
            return wire.READY
        if self._failed:
            return b""
        try:
            return self._extended(message)
        except Refused as refusal:
            self._failed = True
            return failure(refusal)

    def _simple(self, text: str) -> bytes:
        """All statements of the text, up to the first that fails."""
        parts = language.statements(text)
        if not parts:
            return wire.message("I")
        found = b""
        for statement in parts:
            try:
                found += self._answer(statement, describe=True)
            except Refused as refusal:
                return found + failure(refusal)
        return found

    def _extended(self, message: wire.Message) -> bytes:
        """Parse, Bind, Describe, Execute, Close: for statements without parameters."""
        match message.kind:
            case "P":
                name, statement = message.texts()[:2]
                self._prepared[name] = statement
                return wire.message("1")
            case "B":
                portal, name = message.texts()[:2]
                self._portals[portal] = self._prepared.get(name, "")
                return wire.message("2")
            case "D":
                return self._described(message.body[:1], message.texts(1)[0])
            case "E":
                statement = self._portals.get(message.texts()[0], "").strip(" ;")
                return self._answer(statement, describe=False) if statement else wire.message("I")
            case "C":
                return wire.message("3")
            case "H":
                return b""
        msg = f"message {message.kind!r} is not understood by this lab's stand-in"
        raise Refused(msg)

    def _described(self, kind: bytes, name: str) -> bytes:
        statement = (self._prepared if kind == b"S" else self._portals).get(name, "").strip(" ;")
        parameters = wire.message("t", struct.pack("!h", 0)) if kind == b"S" else b""
        row = self._row(statement)
        return parameters + (wire.row_description(row.names, row.values) if row else wire.message("n"))

    def _answer(self, statement: str, *, describe: bool) -> bytes:
        word = language.first_word(statement)
        row = self._row(statement)
        if row is None:
            return wire.message("C", wire.text(EMPTY[word]))
        described = wire.row_description(row.names, row.values) if describe else b""
        tag = "SHOW" if word == "SHOW" else "SELECT 1"
        return described + wire.data_row(row.values) + wire.message("C", wire.text(tag))

    def _row(self, statement: str) -> Row | None:
        """What a statement answers; None for one that answers nothing. Refused for all others."""
        match language.first_word(statement):
            case "SELECT":
                return language.select(statement, self._around)
            case "SHOW":
                name = statement.split(None, 1)[1].strip(' "').lower() if " " in statement else ""
                if name not in self._settings:
                    msg = f'unrecognized configuration parameter "{name}"'
                    raise Refused(msg)
                return Row((name,), (self._settings[name],))
            case word if word in EMPTY or not statement:
                return None
            case word:
                msg = f"{word or 'this'} is not supported: this is a lab's stand-in without tables"
                raise Refused(msg)


def settings(user: str, asked: Mapping[str, str]) -> dict[str, str]:
    """The parameters that a server reports at login."""
    return {
        "server_version": VERSION,
        "server_encoding": "UTF8",
        "client_encoding": asked.get("client_encoding", "UTF8"),
        "application_name": asked.get("application_name", ""),
        "DateStyle": "ISO, MDY",
        "TimeZone": "UTC",
        "integer_datetimes": "on",
        "standard_conforming_strings": "on",
        "default_transaction_read_only": "off",
        "in_hot_standby": "off",
        "is_superuser": "on",
        "session_authorization": user,
        "cluster_name": serving.identity().pod,
    }


def surroundings(
    connection: serving.Connection, user: str, database: str, reported: Mapping[str, str]
) -> Surroundings:
    """What a SELECT of this client may name."""
    who = serving.identity()
    client_host, client_port = _split(connection.client)
    host, port = _split(connection.server)
    lab: dict[str, Value] = {"pod": who.pod, "namespace": who.namespace, "node": who.node}
    lab["client"] = connection.client
    constants: dict[str, Value] = {
        "version": f"PostgreSQL {VERSION} (mockcloud's stand-in)",
        "pod_name": who.pod,
        "node_name": who.node,
        "inet_server_addr": host,
        "inet_server_port": port,
        "inet_client_addr": client_host,
        "inet_client_port": client_port,
        "current_database": database,
        "current_catalog": database,
        "current_schema": "public",
        "current_user": user,
        "session_user": user,
        "user": user,
        "pg_backend_pid": connection.number,
        "pg_is_in_recovery": False,
    }
    functions: dict[str, language.Function] = {
        name: lambda value=value: value for name, value in constants.items()
    }
    functions["now"] = functions["current_timestamp"] = lambda: time.strftime(
        "%Y-%m-%d %H:%M:%S+00", time.gmtime()
    )
    functions["current_setting"] = lambda name: reported[str(name)]
    return Surroundings(functions, {"lab": lab}, unnamed="?column?")


def failure(refusal: Refused) -> bytes:
    """The refusal as the client gets it."""
    words = str(refusal)
    return wire.error(SYNTAX_ERROR if words.startswith("syntax error") else NOT_SUPPORTED, words)


def _split(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    return host.strip("[]"), int(port)
