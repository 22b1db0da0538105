"""Upgrade, rollback, uninstall and reinstall of a release; two of them side by side."""

from __future__ import annotations

from e2e.real.scenarios.release import Release, balancer

LONGEST = 2.0  # seconds, on a busy machine; docs/performance.md has what was measured


def test_an_upgrade_and_a_rollback_change_no_address(cluster, release, service, figure):
    """New values replace all pods; the address stays, and a client loses no more than hand-overs take."""
    address = cluster.addresses(service)[0]
    for what, change in (
        ("upgrade", lambda: release.upgrade("--set", "controller.logLevel=debug,speaker.logLevel=debug")),
        ("rollback", release.rollback),
    ):
        with cluster.calling(address) as seen:
            change()
        figure(f"helm {what}", seen)
        assert cluster.announced(service) == [address]
        assert seen.longest < LONGEST, seen


def test_a_reinstalled_release_takes_over_the_addresses(cluster, release, service, figure):
    """Uninstalled, nobody answers, but Services keep their addresses; installed again, they are announced."""
    address = cluster.addresses(service)[0]
    with cluster.calling(address) as seen:
        release.uninstall()
        assert cluster.addresses(service) == [address]
        release.install("--set-json", f"addressPools={release.pools('192.168.10.200-192.168.10.219')}")
        assert cluster.announced(service) == [address]
        cluster.fetch(address)
    figure("helm uninstall and install", seen)
    assert cluster.addresses(service) == [address]


def test_two_releases_serve_a_class_each(cluster, release, service, figure):
    """A second release, with its own class and namespace, comes, serves, goes; the first is undisturbed."""
    address = cluster.addresses(service)[0]
    other = Release(cluster, "other", "other-system")
    with cluster.calling(address) as seen:
        other.install(
            *("--set-json", f"addressPools={other.pools('192.168.10.220-192.168.10.229')}"),
            *("--set", "loadBalancerClass=example.com/other,prometheus.metricsPort=7958"),
            *("--set", "speaker.memberlist.mlBindPort=7957"),
        )
        cluster.apply(balancer("classy", "web", loadBalancerClass="example.com/other"))
        (theirs,) = cluster.announced("classy")
        cluster.fetch(theirs)
        cluster.kubectl("delete", "service", "classy")
        other.uninstall()
    figure("a second release came and went", seen)
    assert theirs.startswith("192.168.10.22")
    assert seen.longest < LONGEST, seen
