"""What a network plugin does beside Services: pods reach the world by their node's address. Pure.

It is a table of its own, since it is no part of the Service rules: it stays where another proxy writes those.
"""

from typing import Final

from mockcloud.proxy.decide.views import Family, NodeView

TABLE: Final = "mockcloud-pods"


def outbound(family: Family, node: NodeView) -> str:
    """The table anew, as one transaction. The LAN has no routes to pods: they borrow the node's address."""
    table, own, pods = f"{family} {TABLE}", node.pod_cidr(family), node.cluster_cidr(family)
    return (
        f"add table {table}\ndelete table {table}\nadd table {table}\n"
        f"add chain {table} postrouting {{ type nat hook postrouting priority srcnat ; }}\n"
        f"add rule {table} postrouting {family} saddr {own} {family} daddr != {pods} "
        "masquerade fully-random\n"
    )
