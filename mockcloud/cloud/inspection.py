"""`mockcloud cloud balancers|calls|fault|faults|bill`: what people ask of a running cloud, and do to it."""

from __future__ import annotations

import json
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import wraps
from http.client import HTTPException
from typing import TYPE_CHECKING, Any, Concatenate, Final, ParamSpec

import click

from mockcloud.options import NumberRange, output_option
from mockcloud.tables import table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

P = ParamSpec("P")
Json = dict[str, Any]
LOOK_SECONDS: Final = 0.5  # between looks at calls that are followed
_TIMEOUT: Final = 10.0  # seconds
_MOST_SAID: Final = 200  # characters of an answer that is none of a mock cloud's


@dataclass(frozen=True, slots=True)
class RunningCloud:
    """One that answers at a URL."""

    url: str

    def ask(self, method: str, path: str, /, body: Json | None = None, **query: str) -> Json:
        """What /_mock answers; a click error with why not."""
        asked = f"{self.url}/_mock/{path}" + (f"?{urllib.parse.urlencode(query)}" if query else "")
        content = json.dumps(body).encode() if body is not None else None
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            request = urllib.request.Request(asked, content, method=method)
            with opener.open(request, timeout=_TIMEOUT) as answer:
                found = json.load(answer)
        except urllib.error.HTTPError as error:
            raise click.ClickException(_why(error)) from None
        except (OSError, ValueError, HTTPException) as error:
            raise self.silent(getattr(error, "reason", error)) from None
        if not isinstance(found, dict):
            msg = "something else does"
            raise self.silent(msg)
        return found

    def silent(self, why: object) -> click.ClickException:
        """The error of a URL at which there is none."""
        return click.ClickException(
            f"no mock cloud answers at {self.url}: {why}. Start one with `mockcloud cloud serve`"
        )


def _why(error: urllib.error.HTTPError) -> str:
    said = error.read().decode(errors="replace")
    try:
        return str(json.loads(said)["error"])
    except (ValueError, KeyError, TypeError):
        return f"{error.url}: {error.code}: {said.strip()[:_MOST_SAID]}"


@dataclass(frozen=True, slots=True)
class LabClouds:
    """Who knows the clouds of labs, by the name of the lab; given as click's object by whoever knows labs."""

    variables: Callable[[str, str | None], dict[str, str]]  # for a host of the lab, or for the user


def variables_of_lab(lab: str, client: str | None) -> dict[str, str]:
    """What clients of a lab's cloud need, on a host of the lab or where the user is."""
    labs = click.get_current_context().find_object(LabClouds)
    if labs is None:
        msg = "--lab: expected to be asked as `mockcloud cloud ...`"
        raise click.UsageError(msg)
    return labs.variables(lab, client)


def _of_a_cloud(command: Callable[Concatenate[RunningCloud, P], None]) -> Callable[..., None]:
    """Has the options by which the cloud is found."""

    @click.option(
        "--url",
        envvar="AWS_ENDPOINT_URL",
        show_envvar=True,
        default="http://127.0.0.1:8077",
        show_default=True,
        help="of the cloud",
    )
    @click.option("--lab", metavar="NAME", help="this lab's cloud instead")
    @wraps(command)
    def found(url: str, lab: str | None, *args: P.args, **kwargs: P.kwargs) -> None:
        asked = variables_of_lab(lab, None)["AWS_ENDPOINT_URL"] if lab is not None else url
        cloud = RunningCloud(asked.rstrip("/"))
        try:
            command(cloud, *args, **kwargs)
        except KeyError as error:
            msg = f"what does has no {error} in its answer"
            raise cloud.silent(msg) from error

    return found


@click.command()
@_of_a_cloud
@output_option
def balancers(cloud: RunningCloud, output: str) -> None:
    """List balancers of both APIs, with targets and their health."""
    found = cloud.ask("GET", "balancers")["balancers"]
    if output == "json":
        click.echo(json.dumps(found, indent=2))
        return
    head = ("NAME", "KIND", "STATE", "ADDRESS", "PORT", "TARGET", "HEALTH")
    _print(head, [row for each in found for row in _balancer_rows(each)], "no balancers")


def _balancer_rows(each: Json) -> Iterator[tuple[str, ...]]:
    names = (each["name"], each["kind"], each["state"])
    if not each["ports"]:
        yield (*names, ",".join(each["addresses"]) or "-", "none", "-", "-")
    for port in each["ports"]:
        front = (*names, ",".join(port["addresses"]), f"{port['port']}/{port['protocol']}")
        if not port["targets"]:
            yield (*front, "none", "-")
        for target in port["targets"]:
            health = "draining" if target["draining"] else target["health"]
            why = f" ({target['why']})" if target["why"] else ""
            yield (*front, _where(target), health + why)


def _where(target: Json) -> str:
    host = f"[{target['address']}]" if ":" in target["address"] else target["address"]
    return f"{target['instance']} {host}:{target['port']}".lstrip()


@click.command()
@_of_a_cloud
@click.option("--path", default="", metavar="TEXT", help="only those whose path has this in it")
@click.option("--status", default="", metavar="DIGITS", help="only those whose status begins so, such as 4")
@click.option("-f", "--follow", is_flag=True, help="go on, with each call as it comes")
@output_option
def calls(cloud: RunningCloud, path: str, status: str, *, follow: bool, output: str) -> None:
    """List what clients asked and were answered, oldest first."""
    since = 0
    while True:
        for each in cloud.ask("GET", "calls", path=path, status=status, since=str(since))["calls"]:
            since = each["number"]
            click.echo(json.dumps(each) if output == "json" else _call(each))
        if not follow:
            return
        sys.stdout.flush()
        time.sleep(LOOK_SECONDS)


def _call(each: Json) -> str:
    at = datetime.fromtimestamp(each["at"], tz=UTC).strftime("%H:%M:%S.%f")[:-3]
    more = f"  {each['code']}" if each["code"] else ""
    fault = f"  (fault: {each['fault']})" if each["fault"] else ""
    return f"{at}  {each['dialect']:7}  {each['status']}  {each['method']:6} {each['path']}{more}{fault}"


@click.command()
@_of_a_cloud
@click.option(
    "--point",
    type=click.Choice(["request", "answer", "operation", "read", "edge"]),
    help="before anything is done; done, but the answer is lost; accepted, but the operation fails; a read"
    " that shows the past; things that packets meet. By default what the other options are for, or request",
)
@click.option("--path", help="pattern, such as /v1/servers* or /elbv2/*; by default all")
@click.option("--method", help="of HTTP; by default all")
@click.option("--probability", type=NumberRange(0, 1, min_open=True), help="by default 1")
@click.option("--count", type=click.IntRange(1), help="how often it strikes; by default always")
@click.option("--delay", type=NumberRange(0, 600), help="seconds before the answer")
@click.option("--status", type=click.IntRange(400, 599), help="of the answer, such as 429 or 503")
@click.option("--code", help="of the error; by default the API's own for the status")
@click.option("--stuck", is_flag=True, default=None, help="the operation never ends")
@click.option("--lag", type=NumberRange(0, 86400, min_open=True), help="reads show what was so long ago")
@click.option("--zone", help="it is dead: its instances and balancers' addresses answer nothing")
@click.option("--instance", help="by name or id: it is frozen, answers no packet, and is told to run")
@click.option("--target", help="instance or address whose health is told as --health, whatever is true")
@click.option("--health", type=click.Choice(["healthy", "unhealthy"]), help="of --target")
def fault(cloud: RunningCloud, /, **wanted: object) -> None:
    """Inject a fault, and print its number.

    \b
    Examples: every second creation of a balancer by AWS' API is throttled; the next one never ends;
    what is read is 5 seconds old; a zone is dead
      mockcloud cloud fault --path /elbv2/CreateLoadBalancer --status 429 --probability 0.5
      mockcloud cloud fault --path /elbv2/CreateLoadBalancer --stuck --count 1
      mockcloud cloud fault --path '/ec2/*' --lag 5
      mockcloud cloud fault --zone eu-central-1b
    """
    given = {name: value for name, value in wanted.items() if value is not None}
    points = {"stuck": "operation", "lag": "read", **dict.fromkeys(("zone", "instance", "target"), "edge")}
    meant = (point for name, point in points.items() if name in given)
    given.setdefault("point", next(meant, "request"))
    click.echo(cloud.ask("POST", "faults", given)["id"])


@click.command()
@_of_a_cloud
@click.option("--remove", type=int, metavar="NUMBER", help="remove this one")
@click.option("--clear", is_flag=True, help="remove all of them")
@output_option
def faults(cloud: RunningCloud, remove: int | None, *, clear: bool, output: str) -> None:
    """List the injected faults, or remove them."""
    if clear:
        cloud.ask("DELETE", "faults")
    elif remove is not None:
        cloud.ask("DELETE", "faults", id=str(remove))
    found = cloud.ask("GET", "faults")["faults"]
    if output == "json":
        click.echo(json.dumps(found, indent=2))
        return
    head = ("NUMBER", "POINT", "METHOD", "PATH", "PROBABILITY", "LEFT", "DOES")
    rows = [
        (
            *(str(each["id"]), each["point"], each.get("method", "-"), each.get("path", "-")),
            *(
                f"{each.get('probability', 1):g}",
                "always" if each.get("count") is None else str(each["count"]),
                _deed(each),
            ),
        )
        for each in found
    ]
    _print(head, rows, "no faults")


def _deed(each: Json) -> str:
    if each["point"] == "edge":
        return _of_a_thing(each)
    if each["stuck"] or each["lag"]:
        return "never ends" if each["stuck"] else f"{each['lag']:g} s ago"
    delay = f"{each['delay']:g} s late" if each["delay"] else ""
    answer = " ".join(str(part) for part in (each["status"], each["code"]) if part)
    return ", ".join(part for part in (delay, answer) if part) or "-"


def _of_a_thing(each: Json) -> str:
    if each["zone"]:
        return f"zone {each['zone']} is dead"
    if each["instance"]:
        return f"instance {each['instance']} is frozen"
    return f"target {each['target']} is told {each['health']}"


@click.command()
@_of_a_cloud
@output_option
def bill(cloud: RunningCloud, output: str) -> None:
    """Show what everything costs, by the hour and so far.

    Each hour that has begun counts."""
    found = cloud.ask("GET", "invoice")
    if output == "json":
        click.echo(json.dumps(found, indent=2))
        return
    money = found["currency"]
    rows = [(row["what"], row["name"], row["hourly"], row["so_far"]) for row in found["rows"]]
    rows.append(("total", "", found["hourly"], found["so_far"]))
    _print(("WHAT", "NAME", f"{money} AN HOUR", f"{money} SO FAR"), rows, "")


def _print(head: tuple[str, ...], rows: Sequence[tuple[str, ...]], nothing: str) -> None:
    for line in table(head, rows) if rows else [nothing]:
        click.echo(line)
