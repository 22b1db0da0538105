"""What a controller counts while it works, for Prometheus to ask."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from baremetal_lb.run.metrics.histogram import Durations

if TYPE_CHECKING:
    from baremetal_lb.model.api_names import (
        Reason,
    )
    from baremetal_lb.model.reports import Flaw


@dataclass(slots=True)
class Counters:
    """Counts since the process started."""

    updates: int = 0  # changes of objects that were looked at
    update_errors: int = 0  # configurations and statuses that were not accepted
    contested: int = 0  # writes that were put off since somebody else keeps writing other addresses
    allocation: Durations = field(default_factory=Durations)
    refusals: Counter[Reason] = field(default_factory=Counter)
    unusable_reports: Counter[Flaw] = field(default_factory=Counter)
