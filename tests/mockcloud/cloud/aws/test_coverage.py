"""The list in docs/cloud.md is the code's own."""

from pathlib import Path

from mockcloud.cloud.aws.services import OPERATIONS
from mockcloud.cloud.aws.wire.models import operation_names

PAGE = Path(__file__).parents[4] / "docs" / "cloud.md"
MARK = "<!-- made by tests/mockcloud/cloud/aws/test_coverage.py -->\n"


def test_the_page_lists_what_is_served():
    """Each service's operations. To make it anew: put what the failure shows below the mark."""
    rows = [
        f"| {service} | {', '.join(sorted(served))} |"
        for service, served in sorted(OPERATIONS.items())
        if served
    ]
    table = "\n".join(["| service | operations |", "|---|---|", *rows]) + "\n"
    _, _, found = PAGE.read_text().partition(MARK)
    assert found.partition("\n\n")[0] + "\n" == table, f"expected:\n{table}"


def test_all_that_is_served_is_aws_own():
    """No operation but those that botocore has."""
    for service, served in OPERATIONS.items():
        assert served.keys() <= operation_names(service)
