"""What is left of the balancer when it is uninstalled; last of all, since it takes the balancer away."""

from __future__ import annotations

import pytest

EVERY_NAMESPACE_HAS = {"configmap/kube-root-ca.crt", "serviceaccount/default"}
CLUSTER_WIDE = "clusterroles,clusterrolebindings,priorityclasses,namespaces"


def test_uninstall_leaves_nothing_and_another_install_serves_again(cluster, expose):
    """No object, cluster-wide ones included, and no answer; installed again, it announces again."""
    cluster.needs(cluster.environment.uninstall, cluster.environment.install)
    if why := cluster.outside.cannot_ask_by_arp():
        pytest.skip(why)
    service = expose("left-behind")
    address = service.address()

    cluster.perform(cluster.environment.uninstall)

    # Asked anew: what the client's kernel knows, it does not forget while connections are answered.
    cluster.comes_to_be(lambda: cluster.outside.who_has(address), "")
    # The configuration may be the admin's own.
    expected = {*EVERY_NAMESPACE_HAS, f"configmap/{cluster.config_map.name}"}
    assert cluster.everything_in(cluster.daemons.namespace) <= expected
    # Helm leaves the release's namespace, and the suite has namespaces of its own.
    stays = {f"namespace/{cluster.daemons.namespace}"}

    def left() -> set[str]:
        found = {each for each in cluster.names(CLUSTER_WIDE) if "baremetal-lb" in each}
        return {each for each in found - stays if not each.startswith("namespace/baremetal-lb-e2e")}

    cluster.comes_to_be(left, set())
    cluster.perform(cluster.environment.install)
    cluster.config_map.write(cluster.ground.config)
    cluster.outside.ask(service.address())
