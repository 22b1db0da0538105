"""Commands that break something, until it is mended or, with `--for`, for a time."""

from __future__ import annotations

import time
from functools import wraps
from typing import TYPE_CHECKING

import click

from mockcloud.commands.lab_options import check_duration, name_option

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockcloud.faults.decide.plan import Fault
    from mockcloud.lab.state import LabFolder


def for_a_time(command: Callable[..., Fault]) -> Callable[..., None]:
    """The command puts on the fault that it returns; with --for until then, or until a signal."""

    @name_option
    @click.option(
        "--for",
        "seconds",
        callback=check_duration,
        metavar="DURATION",
        help="wait that long (10s, 5m), then mend it",
    )
    @wraps(command)
    def with_time(lab: LabFolder, seconds: float | None, **given: str | float) -> None:
        from mockcloud.faults import store
        from mockcloud.lab.interruptions import deferred, interruptions, undeferred

        with interruptions(), deferred():
            made = store.put_on(lab, command(**given), seconds)
            click.echo(f"fault {made.number}: {made.text}")
            if seconds is not None:
                try:
                    with undeferred():
                        time.sleep(seconds)
                finally:
                    store.heal(lab, [made.number])
                    click.echo(f"fault {made.number} is mended")

    return with_time
