"""`mockcloud cloud ...`: what a person types. Imports the cloud only when it is asked for."""

from __future__ import annotations

import os
import shlex
import socket
import sys
from pathlib import Path

import click

from mockcloud.cloud import inspection
from mockcloud.cloud.inspection import variables_of_lab
from mockcloud.options import NumberRange

DEFAULT_PORT = 8077
DEFAULT_TOKEN = "mockcloud"  # nothing behind it is worth keeping


@click.group("cloud")
def cloud() -> None:
    """A mock cloud: AWS' and Hetzner Cloud's APIs on this machine. In a lab it forwards packets."""


for each in (
    inspection.balancers,
    inspection.calls,
    inspection.fault,
    inspection.faults,
    inspection.bill,
):
    cloud.add_command(each)

_host = click.option("--host", default="127.0.0.1", show_default=True, help="address that it listens on")
_token = click.option(
    "--token",
    default=DEFAULT_TOKEN,
    show_default=True,
    envvar="HCLOUD_TOKEN",
    help="that clients have to bring",
)


@cloud.command()
@_host
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=DEFAULT_PORT,
    show_default=True,
    help="port that it listens on; 0: any that is free",
)
@_token
@click.option(
    "--data",
    type=click.Path(dir_okay=False, path_type=Path),
    help="SQLite file to keep everything in; by default nothing outlives the process",
)
@click.option(
    "--operation-seconds",
    type=NumberRange(0, 1e6),
    default=0.0,
    show_default=True,
    help="how long each operation takes, such as the making of a balancer",
)
@click.option("--seed", type=int, default=0, show_default=True, help="of faults that strike by chance")
def serve(host: str, port: int, token: str, data: Path | None, operation_seconds: float, seed: int) -> None:  # noqa: PLR0913 - click hands over each option by itself
    """Serve the APIs until a signal; prints clients' variables.

    They are in the form that a shell evaluates: `eval $(mockcloud cloud env)` in another one."""
    import asyncio
    from importlib.util import find_spec

    missing = [each for each in ("cryptography", "botocore") if find_spec(each) is None]
    if missing:
        needs = f"mockcloud: the cloud needs {' and '.join(missing)}"
        click.echo(f"{needs}. Type: pip install 'baremetal-lb[cloud]'", err=True)
        sys.exit(1)
    from mockcloud.cloud.faults import Faults
    from mockcloud.cloud.journal import JournalError, Nowhere, SqliteJournal
    from mockcloud.cloud.service import CloudService
    from mockcloud.cloud.serving.server import CloudServer, Where
    from mockcloud.cloud.serving.server import serve as run
    from mockcloud.cloud.timekeeping import clock_of

    try:
        journal = SqliteJournal(data) if data is not None else Nowhere()
        service = CloudService(
            clock_of(journal), journal=journal, operation_seconds=operation_seconds, faults=Faults(seed)
        )
        server = CloudServer(service, Where(host, port, token))
        asyncio.run(run(server, lambda url: _say(url, token)))
    except JournalError as error:
        click.echo(f"mockcloud: {error}", err=True)
        sys.exit(1)
    except OSError as error:
        unknown = isinstance(error, socket.gaierror)  # whose numbers are its own
        why = os.strerror(error.errno) if error.errno and not unknown else error.strerror or str(error)
        click.echo(f"mockcloud: cannot listen on {host} port {port}: {why}", err=True)
        sys.exit(1)


@cloud.command()
@_host
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    default=DEFAULT_PORT,
    show_default=True,
    help="port that it listens on",
)
@_token
@click.option("--cloud-conf", is_flag=True, help="print the AWS cloud controller's cloud.conf instead")
@click.option("--cluster", default="mockcloud", show_default=True, help="the cluster's id in cloud.conf")
@click.option("--lab", metavar="NAME", help="of this lab's cloud, in place of `mockcloud cloud serve`")
@click.option("--for", "client", metavar="HOST", help="as this host of the lab has it; by default as you do")
def env(  # noqa: PLR0913 - click hands over each option by itself
    host: str, port: int, token: str, *, cloud_conf: bool, cluster: str, lab: str | None, client: str | None
) -> None:
    """Print the environment variables of a cloud's clients, for eval.

    Of `mockcloud cloud serve`, or of a lab's cloud; with the ids of its VPC and subnets."""
    from mockcloud.cloud import environment

    variables = variables_of_lab(lab, client) if lab is not None else _of_server(host, port, token)
    if client is not None and lab is None:
        msg = "--for is for a lab's cloud: expected --lab NAME"
        raise click.UsageError(msg)
    if not cloud_conf:
        _export(variables)
    elif environment.VPC_ID in variables:
        click.echo(environment.cloud_conf(variables["AWS_ENDPOINT_URL"], variables, cluster), nl=False)
    else:
        sys.exit(1)


def _of_server(host: str, port: int, token: str) -> dict[str, str]:
    from mockcloud.cloud.environment import environment
    from mockcloud.cloud.keys import KeyPair

    url = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    ids = _ids(url)
    if not ids:
        click.echo(f"mockcloud: no cloud answers at {url}: ids of VPC and subnets are missing", err=True)
    return {**environment(url, token, KeyPair()), **ids}


def _ids(url: str) -> dict[str, str]:
    """Empty where no cloud answers."""
    import json
    import urllib.request
    from http.client import HTTPException

    try:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"{url}/_mock/environment", timeout=2) as answer:
            return {str(name): str(value) for name, value in json.load(answer).items()}
    except (OSError, ValueError, HTTPException):
        return {}


def _say(url: str, token: str) -> None:
    from mockcloud.cloud.environment import environment
    from mockcloud.cloud.keys import KeyPair

    _export(environment(url, token, KeyPair()))


def _export(variables: dict[str, str]) -> None:
    for name, value in variables.items():
        click.echo(f"export {name}={shlex.quote(value)}")
    sys.stdout.flush()
