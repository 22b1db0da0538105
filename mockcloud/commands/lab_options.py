"""Options of commands about labs: `--name`, and what `up` and `run` say of a new one."""

from __future__ import annotations

from dataclasses import fields
from functools import wraps
from typing import TYPE_CHECKING, Any, Final, ParamSpec

import click

from mockcloud.lab.components import registry
from mockcloud.lab.invocation import DEFAULT_LAB, VARIABLE
from mockcloud.lab.plan import Plan
from mockcloud.lab.state import folder
from mockcloud.lab.topology import lab_name
from mockcloud.options import NumberRange

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
_DEFAULTS: Final = Plan()


def name_option(command: Callable[P, None]) -> Callable[P, None]:
    """Gives the command the lab's folder as `lab`; UsageError where no lab can be called so."""

    @click.option(
        "--name",
        envvar=VARIABLE,
        show_envvar=True,
        default=DEFAULT_LAB,
        show_default=True,
        help="name of the lab",
    )
    @wraps(command)
    def with_folder(*args: P.args, **kwargs: P.kwargs) -> None:
        name = lab_name(str(kwargs.pop("name")))
        command(*args, **{**kwargs, "lab": folder(name)})  # type: ignore[arg-type]

    return with_folder


def _check_upstream(_context: click.Context, _option: click.Parameter, text: str | None) -> str | None:
    from mockcloud.dns.settings import servers

    try:
        servers(text or "")
    except ValueError as error:
        raise click.BadParameter(str(error)) from error
    return text


def _zones(_context: click.Context, _option: click.Parameter, text: str | None) -> tuple[str, ...]:
    return tuple(text.split(",")) if text else ()


def _check_timeout(_context: click.Context, _option: click.Parameter, seconds: float) -> float:
    if not seconds > 0:  # nan is no number of seconds either
        msg = f"{seconds:g}: expected more than 0 seconds"
        raise click.BadParameter(msg)
    return seconds


def check_duration(_context: click.Context, _option: click.Parameter, text: str | None) -> float | None:
    """`90s`, `5m`, `2h` in seconds."""
    from mockcloud.lab.log_lines import duration

    try:
        seconds = None if text is None else duration(text).total_seconds()
    except ValueError as error:
        raise click.BadParameter(str(error)) from error
    if seconds == 0:
        msg = f"{text}: expected more than 0 seconds"
        raise click.BadParameter(msg)
    return seconds


def _read_config(context: click.Context, _option: click.Parameter, path: str | None) -> Any:  # noqa: ANN401
    """The file's options become the command's defaults: what is typed wins, and the environment."""
    if path is None:
        return None
    from pathlib import Path

    from mockcloud.lab.config_file import read

    found = read(Path(path))
    context.default_map = {**(context.default_map or {}), **found.options(Path(path).absolute().parent)}
    return found


_UP_OPTIONS: Final = (
    click.option(
        "--config",
        type=click.Path(dir_okay=False),
        is_eager=True,
        callback=_read_config,
        metavar="FILE",
        help="YAML file that describes the lab (`mockcloud config-schema` has all of it); what is typed wins",
    ),
    click.option(
        "--nodes", default=_DEFAULTS.nodes, show_default=True, metavar="K", help="number of nodes, 1 to 80"
    ),
    click.option(
        "--provider",
        type=click.Choice(tuple(registry.PROVIDERS)),
        default=_DEFAULTS.provider,
        show_default=True,
        help="what assigns addresses to Services of type LoadBalancer",
    ),
    click.option(
        "--ccm",
        type=click.Choice(tuple(registry.CONTROLLERS)),
        default=_DEFAULTS.ccm,
        show_default=True,
        help="with --provider cloud: its controller; none leaves the place for a real one",
    ),
    click.option(
        "--zones",
        callback=_zones,
        metavar="ZONE,...",
        help="the nodes' zones (label topology.kubernetes.io/zone), one node after the other: a,b,c; with "
        "--provider cloud they are the cloud's",
    ),
    click.option("--ipv6", is_flag=True, help="give pods and Services IPv6 addresses as well"),
    click.option(
        "--catalogue",
        type=click.Path(exists=True, dir_okay=False, resolve_path=True),
        help="YAML file that maps more image names to local programs",
    ),
    click.option(
        "--timeout",
        type=float,
        callback=_check_timeout,
        default=180.0,
        show_default=True,
        metavar="SECONDS",
        help="give up after that long without being ready: stop the lab, and keep its logs",
    ),
    click.option(
        "--dns-upstream",
        metavar="IP[:PORT][,...]",
        callback=_check_upstream,
        help="DNS servers for names outside of the cluster, reachable from the nodes (default: none)",
    ),
    click.option(
        "--pod-eviction-timeout",
        type=NumberRange(min=0),
        metavar="SECONDS",
        help="delete a lost node's pods after so long at most (default: as long as they tolerate it, 300)",
    ),
    click.option(
        "--ttl",
        callback=check_duration,
        metavar="DURATION",
        help="end the lab by itself after that time: 90s, 30m, 2h",
    ),
    click.option(
        "--pid",
        type=click.IntRange(min=1),
        help="end the lab when the process of that number has ended: --pid $$ is the shell",
    ),
    click.option(
        "--host-path",
        "host_paths",
        multiple=True,
        type=click.Path(exists=True, file_okay=False, resolve_path=True),
        help="a folder of this machine that pods may mount by hostPath, read-only; may be given again",
    ),
)


def up_options(command: Callable[..., None]) -> Callable[..., None]:
    """What a lab is to be, as `plan`; and how long it may take to start, as `timeout`."""

    @wraps(command)
    def with_plan(**given: Any) -> None:  # noqa: ANN401 - click hands over each option by itself
        # Of the rest of a plan the machine decides (whether it has HAProxy): it is no option.
        config = given.pop("config")
        beyond = config.beyond_options() if config else {}
        told = {each.name: given.pop(each.name) for each in fields(Plan) if each.name in given}
        plan = Plan(**told, **beyond)
        command(plan=plan, **given)

    found: Callable[..., None] = with_plan
    for option in reversed(_UP_OPTIONS):
        found = option(found)
    return found
