"""The stand-in for servers whose protocol nobody here speaks: says which pod answered, then echoes lines."""

from mockcloud.node.programs import serving


def main(argv: list[str]) -> int:
    """Serve until told to end."""
    return serving.serve(argv, talk)


def talk(connection: serving.Connection) -> None:
    """Until the client has had enough."""
    who = serving.identity()
    greeting = f"pod: {who.pod}\nnamespace: {who.namespace}\nnode: {who.node}\nclient: {connection.client}\n"
    connection.send(greeting.encode())
    while True:
        connection.send(connection.line() + b"\n")
