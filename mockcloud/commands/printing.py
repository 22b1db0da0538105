"""How commands print."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mockcloud.tables import table

if TYPE_CHECKING:
    from collections.abc import Sequence


def print_table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    for line in (*table(head, rows), ""):
        click.echo(line)
