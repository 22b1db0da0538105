"""The list in docs/cloud.md is the code's own."""

from pathlib import Path

from mockcloud.cloud.clock import Clock
from mockcloud.cloud.hetzner.api import HetznerApi
from mockcloud.cloud.service import CloudService

PAGE = Path(__file__).parents[4] / "docs" / "cloud.md"
MARK = "<!-- made by tests/mockcloud/cloud/hetzner/test_coverage.py -->\n"


def test_the_page_lists_what_is_served():
    """Each path with its methods. To make it anew: put what the failure shows below the mark."""
    api = HetznerApi(CloudService(Clock(lambda: 0.0, 0.0)))
    paths: dict[str, set[str]] = {}
    for method, path in api.served():
        paths.setdefault(path.replace("{}", "ID"), set()).add(method)
    lines = [f"| `{path}` | {', '.join(sorted(methods))} |" for path, methods in sorted(paths.items())]
    table = "\n".join(["| path | methods |", "|---|---|", *lines]) + "\n"
    _, _, found = PAGE.read_text().partition(MARK)
    assert found == table, f"expected:\n{table}"
