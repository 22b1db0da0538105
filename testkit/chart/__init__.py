"""The Helm chart: its values as a table, its objects as a plain manifest, and the helm that renders it."""

from pathlib import Path
from typing import Final

CHART: Final = Path(__file__).parent.parent.parent / "charts" / "baremetal-lb"
