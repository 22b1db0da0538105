"""What a handler is: botocore's shapes as Python values in and out; no wire in sight.

It raises AwsError, or lets the core's Refusal pass, which gets the service's default code. Timestamps are
datetimes with a zone (`wire.writing.moment`); members that are None are left out of the answer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from mockcloud.cloud.service import CloudService

Handler: TypeAlias = Callable[[CloudService, dict[str, Any]], dict[str, Any]]
