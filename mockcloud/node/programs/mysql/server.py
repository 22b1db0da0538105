"""A stand-in for MySQL: every user is let in with whatever password; SELECT, SHOW, and who answers.

`SELECT @@hostname` gives the pod's name, as on a real server; `SELECT * FROM lab` pod, namespace, node and
the client's address. Statements that need tables are refused.
"""

import time
from typing import Final

from mockcloud.node.programs import serving
from mockcloud.node.programs.mysql import wire
from mockcloud.node.programs.sql import language
from mockcloud.node.programs.sql.language import Refused, Row, Surroundings, Value

QUIT, INIT_DB, QUERY, FIELD_LIST, STATISTICS, PING, RESET = 1, 2, 3, 4, 9, 14, 31
EMPTY: Final = frozenset({"SET", "BEGIN", "START", "COMMIT", "ROLLBACK", "DO"})
UNKNOWN_COMMAND: Final = (1047, "08S01")
SYNTAX_ERROR: Final = (1064, "42000")
NOT_SUPPORTED: Final = (1235, "42000")


def main(argv: list[str]) -> int:
    """Serve until told to end."""
    return serving.serve(argv, lambda connection: Session(connection).run())


class Session:
    """One client, from the greeting on."""

    def __init__(self, connection: serving.Connection) -> None:
        self._connection = connection
        self._user = ""
        self._database = ""

    def run(self) -> None:
        """Talk until the client leaves."""
        self._connection.send(wire.packets(0, wire.greeting(self._connection.number)))
        number, body = wire.read_packet(self._connection)
        login = wire.parse_login(body)
        self._user, self._database = login.user, login.database
        self._connection.send(wire.packets(number + 1, wire.ok()))
        while True:
            number, body = wire.read_packet(self._connection)
            if body[:1] == bytes([QUIT]):
                return
            self._connection.send(wire.packets(number + 1, *self._reply(body)))

    def _reply(self, body: bytes) -> list[bytes]:
        text = body[1:].decode(errors="replace")
        match body[0] if body else -1:
            case value if value in (PING, RESET):
                return [wire.ok()]
            case value if value == INIT_DB:
                self._database = text
                return [wire.ok()]
            case value if value == STATISTICS:
                return [b"Uptime: 1  Threads: 1"]
            case value if value == QUERY:
                return self._query(text.strip(" \n;"))
        return [wire.error(*UNKNOWN_COMMAND, "Unknown command: this is a lab's stand-in for MySQL")]

    def _query(self, statement: str) -> list[bytes]:
        try:
            return self._answer(statement)
        except Refused as refusal:
            words = str(refusal)
            code = SYNTAX_ERROR if words.startswith("syntax error") else NOT_SUPPORTED
            return [wire.error(*code, words)]

    def _answer(self, statement: str) -> list[bytes]:
        match language.first_word(statement):
            case "SELECT":
                row = language.select(statement, self._surroundings())
                return wire.result(row.names, [row.values])
            case "SHOW":
                found = self._show(statement.lower().split()[1:])
                return wire.result(found[0].names, [row.values for row in found if row.values])
            case "USE":
                self._database = statement.split()[-1].strip("`")
                return [wire.ok()]
            case word if word in EMPTY:
                return [wire.ok()]
            case word:
                msg = f"{word or 'this'} is not supported: this is a lab's stand-in without tables"
                raise Refused(msg)

    def _show(self, words: list[str]) -> list[Row]:
        """What clients ask of their own accord; the first row has the names, and may be all there is."""
        match words[0] if words else "":
            case "databases" | "schemas":
                known = dict.fromkeys(["information_schema", "mysql", *filter(None, [self._database])])
                return [Row(("Database",), (name,)) for name in known]
            case "tables" | "full":
                return [Row((f"Tables_in_{self._database}",), ())]
            case "variables" | "global" | "session" | "status":
                return [Row(("Variable_name", "Value"), ("hostname", serving.identity().pod))]
            case "warnings":
                return [Row(("Level", "Code", "Message"), ())]
        msg = f"SHOW {' '.join(words)} is not supported: this is a lab's stand-in without tables"
        raise Refused(msg)

    def _surroundings(self) -> Surroundings:
        who, connection = serving.identity(), self._connection
        host = connection.client.rpartition(":")[0].strip("[]")
        lab: dict[str, Value] = {"pod": who.pod, "namespace": who.namespace, "node": who.node}
        lab["client"] = connection.client
        account = f"{self._user}@{host}"
        constants: dict[str, Value] = {
            "@@hostname": who.pod,
            "@@version": wire.VERSION,
            "@@version_comment": "mockcloud's stand-in",
            "@@port": int(connection.server.rpartition(":")[2]),
            "@@read_only": 0,
            "@@autocommit": 1,
            "@@max_allowed_packet": serving.MOST_MESSAGE,
            "@@sql_mode": "",
            "@@character_set_client": "utf8mb4",
            "@@tx_isolation": "REPEATABLE-READ",
            "@@transaction_isolation": "REPEATABLE-READ",
            "version": wire.VERSION,
            "user": account,
            "current_user": account,
            "session_user": account,
            "database": self._database or None,
            "schema": self._database or None,
            "connection_id": connection.number,
            "pod_name": who.pod,
            "node_name": who.node,
        }
        functions: dict[str, language.Function] = {
            name: lambda value=value: value for name, value in constants.items()
        }
        functions["now"] = lambda: time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime())
        return Surroundings(functions, {"lab": lab})
