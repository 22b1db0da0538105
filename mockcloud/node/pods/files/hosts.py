"""A pod's host name, and its /etc/hosts in kubelet's form. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

MOST_LABEL: Final = 63
MOST_HOSTNAME: Final = 64  # sethostname(2)
HEAD: Final = """\
# Kubernetes-managed hosts file.
127.0.0.1\tlocalhost
::1\tlocalhost ip6-localhost ip6-loopback
fe00::0\tip6-localnet
fe00::0\tip6-mcastprefix
fe00::1\tip6-allnodes
fe00::2\tip6-allrouters
"""
HOST_HEAD: Final = "# Kubernetes-managed hosts file (host network).\n"


@dataclass(frozen=True, slots=True)
class HostAlias:
    """One entry of spec.hostAliases."""

    ip: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HostName:
    """How a pod is called: `name`, in `domain` where it has one, and what the kernel says."""

    name: str
    domain: str = ""
    as_fqdn: bool = False

    @property
    def kernel(self) -> str:
        """What `hostname` prints; ValueError, in kubelet's words, where that is too long."""
        if not (self.as_fqdn and self.domain):
            return self.name
        fqdn = f"{self.name}.{self.domain}"
        if len(fqdn) > MOST_HOSTNAME:
            msg = (
                f"Failed to construct FQDN from Pod hostname and cluster domain, FQDN {fqdn} is too long "
                f"({MOST_HOSTNAME} characters is the max, {len(fqdn)} characters requested)"
            )
            raise ValueError(msg)
        return fqdn


def label(pod_name: str) -> str:
    """A pod's name as a host name: cut to what a label may have."""
    return pod_name[:MOST_LABEL].rstrip("-.")


def hosts_file(name: HostName, ips: Sequence[str], aliases: Iterable[HostAlias]) -> str:
    """For a pod with a network of its own."""
    names = f"{name.name}.{name.domain}\t{name.name}" if name.domain else name.name
    return HEAD + "".join(f"{ip}\t{names}\n" for ip in ips) + _aliases(aliases)


def host_network_file(node_file: str, aliases: Iterable[HostAlias]) -> str:
    """For a pod in its node's network: the node's own file."""
    return HOST_HEAD + node_file + _aliases(aliases)


def _aliases(aliases: Iterable[HostAlias]) -> str:
    lines = ["\t".join((alias.ip, *alias.names)) + "\n" for alias in aliases]
    return "\n# Entries added by HostAliases.\n" + "".join(lines) if lines else ""
