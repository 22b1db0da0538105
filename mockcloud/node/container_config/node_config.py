"""What all pods of a node share, made when its agent starts."""

from mockcloud.images.installed import Places, command_folders, extra_folders
from mockcloud.node.container_config.host_paths import HostPaths
from mockcloud.node.container_config.launch import MACHINE_PATH, TOOLS_FOLDER
from mockcloud.node.container_config.starting import NodeConfig
from mockcloud.node.container_config.tools import write_tools
from mockcloud.node.host.node_object import Machine, capacity
from mockcloud.node.sandbox.memory import MemoryVolumes
from mockcloud.node.sandbox.records import tools_folder
from mockcloud.node.settings import Settings
from mockcloud.pod_ids import PodIds


def node_config(settings: Settings, machine: Machine, ids: PodIds) -> NodeConfig:
    """By the agent's settings."""
    tools = tools_folder(settings.data_dir)
    places = Places(MACHINE_PATH, TOOLS_FOLDER, tools)
    write_tools(tools, places)
    return NodeConfig(
        node_name=settings.node_name,
        node_ips=tuple(str(ip) for ip in settings.node_ips),
        capacity=capacity(machine),
        cluster_dns=settings.cluster_dns,
        claims=settings.claims_dir,
        tools=tools,
        places=places,
        extra_folders=frozenset(extra_folders() | command_folders()),
        ids=ids,
        host=HostPaths(settings.data_dir / "disk", settings.host_paths),
        memory=MemoryVolumes(),
        warm=settings.warm,
    )
