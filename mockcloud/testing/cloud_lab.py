"""A lab with a cloud for tests: `mockcloud up --provider cloud`, and `mockcloud down` in the end."""

from __future__ import annotations

import contextlib
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from mockcloud.cloud.inspection import RunningCloud
from mockcloud.testing.command import LabFailed, mockcloud
from mockcloud.testing.lab import Lab, lab

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class MockCloudLab(Lab):
    """A lab that runs, in a cloud; `environment` has what clients of its cloud need, too."""

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """What /_mock/PATH answers (docs/cloud.md); LabFailed."""
        try:
            return RunningCloud(self.environment["AWS_ENDPOINT_URL"]).ask(method, path, body)
        except click.ClickException as error:
            raise LabFailed(error.message) from None

    def fault(self, point: str = "request", **fields: object) -> int:
        """Inject a fault, as /_mock/faults takes it; gives its number. LabFailed where it makes no sense."""
        number: int = self.ask("POST", "faults", {"point": point, **fields})["id"]
        return number

    def mend(self, number: int | None = None) -> None:
        """Take a fault away, or all of them."""
        self.ask("DELETE", "faults" if number is None else f"faults?id={number}")


@contextlib.contextmanager
def cloud_lab(options: Sequence[str], *, state: Path | None = None) -> Iterator[MockCloudLab]:
    """A lab with a cloud and these options of `mockcloud up`; LabFailed. `state` as for `lab`."""
    with lab(options=("--provider", "cloud", *options), state=state) as made:
        said = mockcloud(made.environment, "cloud", "env", "--lab", made.name)
        words = (word.partition("=") for line in said.splitlines() for word in shlex.split(line)[1:])
        told = {key: value for key, _, value in words}
        yield MockCloudLab(made.name, made.kubeconfig, {**made.environment, **told})
