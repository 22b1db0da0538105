"""The command `mockcloud`: which commands there are."""

from __future__ import annotations

import click

from mockcloud.cloud.commands import cloud
from mockcloud.cloud.inspection import LabClouds
from mockcloud.commands import faults, images, lives, looks, nodes, reach
from mockcloud.commands.group import Group
from mockcloud.entry import run
from mockcloud.lab.cloud_files import environment
from mockcloud.lab.state import folder
from mockcloud.lab.topology import lab_name


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="baremetal-lb")
@click.pass_context
def main(context: click.Context) -> None:
    """Run Kubernetes clusters made of network namespaces on this machine, with real packets."""
    context.obj = LabClouds(lambda lab, host: environment(folder(lab_name(lab)), host))


@main.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print what completes `mockcloud` in that SHELL: bash: source <(mockcloud completion bash)."""
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    assert kind is not None
    click.echo(kind(main, {}, "mockcloud", "_MOCKCLOUD_COMPLETE").source())


for command in (
    lives.up,
    lives.run_with_lab,
    lives.down,
    lives.list_labs,
    lives.config_schema,
    lives.kubeconfig,
    looks.execute,
    looks.trace_connection,
    looks.status,
    looks.logs,
    looks.export,
    looks.dashboard,
    faults.fault,
    nodes.node,
    reach.tunnel,
    reach.url,
    cloud,
    images.image,
):
    main.add_command(command)

if __name__ == "__main__":
    run(lambda: main)
