"""The command's outermost group: a person's mistake is one line, never a stack trace."""

from __future__ import annotations

import sys
from typing import Final

import click

from mockcloud.lab.errors import LabError, UsageError

WRONG: Final = 1
_USAGE: Final = 2
_INTERRUPTED: Final = 130
# For `export KUBECONFIG=$(mockcloud kubeconfig)`, which goes on when that fails: an empty path would send
# kubectl to ~/.kube/config, and so to another cluster. Below a device is no file, and kubectl says so.
_NO_KUBECONFIG: Final = "/dev/null/no-such-lab-is-up"


class Group(click.Group):
    """Prints a person's mistake as one line, never as a stack trace."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except LabError as exc:
            self._name_no_kubeconfig(ctx)
            click.echo(f"mockcloud: {exc}", err=True)
            sys.exit(_USAGE if isinstance(exc, UsageError) else WRONG)
        except click.ClickException:
            self._name_no_kubeconfig(ctx)
            raise
        except KeyboardInterrupt as exc:
            self._name_no_kubeconfig(ctx)
            if str(exc):  # by which signal
                click.echo(f"mockcloud: {exc}", err=True)
            sys.exit(getattr(exc, "exit_code", _INTERRUPTED))

    def _name_no_kubeconfig(self, ctx: click.Context) -> None:
        """For `$(...)`: those who failed to name one must not leave it empty."""
        if ctx.invoked_subcommand in {"up", "kubeconfig"} and not sys.stdout.isatty():
            click.echo(_NO_KUBECONFIG)
