"""python -m conformance.harness.fidelity: write docs/fidelity.md from the accepted differences."""

import sys
import tomllib
from pathlib import Path
from textwrap import fill
from typing import Final

from testkit.control_planes.build import VERSION

from conformance.harness.compare import ACCEPTED_FILE

DOCUMENT: Final = Path(__file__).parents[2] / "docs" / "fidelity.md"
_WIDTH: Final = 110
_HEAD: Final = f"""\
# Where the lab's Kubernetes API differs from a real one

`make conformance` asks the embedded API and a real control plane (etcd, kube-apiserver,
kube-controller-manager and kube-scheduler {VERSION}) the same questions, over HTTP and by kubectl, and
compares the answers: status codes, Status objects with every cause, defaulted objects, tables, watch events,
the results of patches, and what kubectl prints. What follows is all that differs, with the reason. A
difference that is not listed fails the run, and so does a listed one that no longer occurs. This page is
written from `conformance/accepted.toml` by `python -m conformance.harness.fidelity`.

The nodes' Service rules are held against kube-proxy {VERSION} (nftables mode) in the same manner: two
clusters of namespaces with the same Services, one under each, the same connections from a client, nodes and
pods by TCP and UDP, IPv4 and IPv6; who answers, whom they see, and what becomes of connections that nobody
answers (`conformance/proxies`, `test_service_rules`).
"""


def document() -> str:
    """The page, from the data file."""
    parts = [_HEAD]
    for topic in tomllib.loads(ACCEPTED_FILE.read_text())["difference"]:
        reason = fill(topic["reason"], _WIDTH, break_long_words=False, break_on_hyphens=False)
        seen = sorted(
            {place["where"].partition("/")[0].partition("[")[0].rstrip("*") for place in topic["places"]}
            - {""}
        )
        shown = f"\n\nSeen by: {', '.join(f'`{name}`' for name in seen)}." if seen else ""
        parts.append(f"## {topic['topic']}\n\n{reason}{shown}\n")
    return "\n".join(parts)


def main() -> int:
    """Write the page."""
    DOCUMENT.write_text(document())
    return 0


if __name__ == "__main__":
    sys.exit(main())
