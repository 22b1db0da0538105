"""How the demonstration looks: colour on a terminal, the same lines as plain text elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape

from mockcloud.lab.invocation import export, kubectl, mockcloud

if TYPE_CHECKING:
    from collections.abc import Sequence

    from testkit.lab import Lab


class View:
    """Prints steps, the commands a person could type, and what was seen."""

    def __init__(self) -> None:
        """Colour only where stdout is a terminal (and NO_COLOR is not set)."""
        self._console = Console(highlight=False, soft_wrap=True)

    def step(self, text: str) -> None:
        """What comes next."""
        self._console.print(f"\n[bold cyan]==>[/] [bold]{escape(text)}[/]")

    def command(self, text: str) -> None:
        """What to type for the same."""
        self._console.print(f"  [dim]$[/] {escape(text)}")

    def output(self, text: str) -> None:
        """What a command printed."""
        for line in text.strip().splitlines():
            self._console.print(f"    [dim]{escape(line)}[/]")

    def fact(self, name: str, value: str, after: float | None = None) -> None:
        """One thing seen, with seconds where the time matters."""
        when = "" if after is None else f"  [dim]after {after * 1000:.0f} ms[/]"
        self._console.print(f"    {escape(name)}: [green]{escape(value)}[/]{when}")

    def hops(self, hops: Sequence[str], note: str) -> None:
        """A packet's way, hop by hop."""
        self._console.print("    " + " [dim]->[/] ".join(escape(hop) for hop in hops))
        self._console.print(f"        [green]{escape(note)}[/]")

    def done(self, seconds: float) -> None:
        """All was right."""
        self._console.print(f"\n[bold green]Every answer was right.[/] [dim]{seconds:.1f} s in all.[/]")

    def failed(self, reason: object) -> None:
        """Something was not."""
        self._console.print(f"\n[bold red]The demonstration failed:[/] {escape(str(reason))}")

    def what_next(self, lab: Lab, address: str) -> None:
        """The lab stays up: what to type."""
        self._console.print("\n[bold]The lab stays up.[/] Try:")
        for line in (
            export(lab.kubeconfig),
            kubectl("get", "services,pods", "-o", "wide"),
            kubectl("describe", "service", "whoami"),
            mockcloud("exec", lab.name, "client", "--", "curl", f"http://{address}"),
            mockcloud("status", lab.name),
            mockcloud("down", lab.name),
        ):
            self._console.print(f"  {escape(line)}")
