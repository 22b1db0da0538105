"""What the command line's options and arguments may be: names, classes, Services and times."""

from __future__ import annotations

import math
import re

import click


class Seconds(click.FloatRange):
    """A time, within bounds; one that is no number, or has no end, is none."""

    def convert(self, value: float, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The number; click.BadParameter names what is wrong with it."""
        seconds: float = super().convert(value, param, ctx)
        if not math.isfinite(seconds):
            self.fail(f"{seconds} is not a finite number of seconds.", param, ctx)
        return seconds


class Name(click.ParamType[str]):
    """The name of an object or a namespace (RFC 1123, as the API wants it)."""

    name = "NAME"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The name as it was given; click.BadParameter where the API has no object of such a name."""
        if not self.fits(value):
            self.fail(f"{value!r} is not a valid object name: a-z, 0-9, '-' and '.' only.", param, ctx)
        return value

    @staticmethod
    def fits(value: str) -> bool:
        """Whether it is one."""
        return len(value) <= 253 and re.fullmatch(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?", value) is not None


class ServiceName(click.ParamType[tuple[str, str]]):
    """A Service, as NAME or NAMESPACE/NAME; "" where no namespace is named."""

    name = "SERVICE"

    def convert(
        self, value: str | tuple[str, str], param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        """Namespace and name; click.BadParameter where there is no object of such a name."""
        if isinstance(value, tuple):
            return value
        namespace, _, name = value.removeprefix("service/").removeprefix("svc/").rpartition("/")
        checked = Name()
        if namespace:
            checked.convert(namespace, param, ctx)
        return namespace, checked.convert(name, param, ctx)


class ClassName(click.ParamType[str]):
    """A `spec.loadBalancerClass`, as the API lets a Service have it; empty: none."""

    name = "NAME"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The class as it was given; click.BadParameter where no Service can be of it."""
        prefix, slash, name = value.rpartition("/")
        prefixed = Name.fits(prefix) if slash else True
        if value and not (
            prefixed and re.fullmatch(r"[A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?", name, re.ASCII)
        ):
            self.fail(
                f"{value!r} is no class that a Service can have: a name of A-Z, a-z, 0-9, '-', '_' and '.', "
                "of 63 characters at most, after a domain and '/' where you like (example.com/internal).",
                param,
                ctx,
            )
        return value
