"""`mockcloud image ...`: what a person types about a lab's images."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mockcloud.commands.lab_options import name_option
from mockcloud.lab.errors import UsageError
from mockcloud.tables import table

if TYPE_CHECKING:
    from mockcloud.lab.state import LabFolder


@click.group("image")
def image() -> None:
    """Say which program an image is, or load one, while a lab runs."""


@image.command("list")
@name_option
def list_images(lab: LabFolder) -> None:
    """Show which images the lab knows, and what each runs; the first that fits counts."""
    from mockcloud.lab.own_images import listed

    for line in table(("IMAGE", "RUNS", "KNOWN BY"), listed(lab)):
        click.echo(line)


@image.command()
@name_option
@click.option(
    "--port",
    "ports",
    type=click.IntRange(1, 65535),
    multiple=True,
    help="where http or lines listens if the container names no port; may be given again",
)
@click.argument("entry", metavar="NAME=PROGRAM")
@click.argument("arguments", nargs=-1)
def add(lab: LabFolder, ports: tuple[int, ...], entry: str, arguments: tuple[str, ...]) -> None:
    """Make image NAME the PROGRAM of this machine, with ARGUMENTS (after --) unless a container has its own.

    PROGRAM is a path, a name on PATH, or one of the catalogue's, such as http or nginx.

    \b
    mockcloud image add shop:v2=./bin/shop -- --listen :8080
    mockcloud image add 'registry.example/team/*=http' --port 3000
    """
    from mockcloud.lab.own_images import add as add_image

    name, equals, program = entry.partition("=")
    if not (name and equals and program):
        msg = f"{entry!r}: expected NAME=PROGRAM, such as shop:v2=./bin/shop"
        raise UsageError(msg)
    runs = add_image(lab, name, program, arguments, ports)
    click.echo(f"image {name} runs {runs}, from the next container on")


@image.command()
@name_option
@click.option(
    "--as", "names", multiple=True, metavar="NAME", help="how the image is called; may be given again"
)
@click.argument("path", type=click.Path(path_type=Path))
@click.argument("entrypoint", nargs=-1)
def load(lab: LabFolder, names: tuple[str, ...], path: Path, entrypoint: tuple[str, ...]) -> None:
    """Load the image in the archive PATH (docker save, OCI image layout), or the files of a folder or tar.

    Its containers have those files, and none of the machine's. ENTRYPOINT (after --) takes the place of the
    image's own; plain files have none.

    \b
    docker save shop:v2 -o shop.tar && mockcloud image load shop.tar
    mockcloud image load ./rootfs --as shop:v2 -- /bin/shop --listen :8080
    """
    from mockcloud.lab.own_images import load as load_images

    for name in load_images(lab, path, names, entrypoint):
        click.echo(f"image {name} is loaded")


@image.command()
@name_option
@click.argument("image_name", metavar="NAME")
def remove(lab: LabFolder, image_name: str) -> None:
    """Forget what was added or loaded as image NAME; pods that run keep it."""
    from mockcloud.lab.own_images import remove as remove_image

    remove_image(lab, image_name)
    click.echo(f"image {image_name} is forgotten")
