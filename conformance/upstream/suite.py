"""Runs specs of the suite: several to a process, since its start takes longer than most of them.

What such a process did not come to, as one of its specs hung, is run again, each spec by itself: one that
hangs costs its own time and no more.
"""

import re
import subprocess
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from conformance.upstream.lists import apart, batches
from conformance.upstream.verdict import Outcome, ended, names_in, outcome_of

_REPORT: Final = "junit_01.xml"
_CLEAN_UP: Final = 60.0  # seconds that a spec has to clean up after its time is over
_END: Final = 10.0
_USUAL: Final = 45.0  # that specs take, one with another, on a busy machine
_OPTIONS: Final = (
    "--ginkgo.flake-attempts=1",
    "--ginkgo.no-color",
    "--ginkgo.silence-skips",
    "--provider=skeleton",
    "--dump-logs-on-failure=false",
    # There are no DaemonSets of the system's to wait for, and pods that have just started are no reason to.
    "--system-daemonsets-startup-timeout=1s",
    "--system-pods-startup-timeout=1m",
    "--node-schedulable-timeout=1m",
    "--num-nodes=-1",
)


@dataclass(frozen=True, slots=True)
class Pace:
    """How long a spec may take, how many processes there are at a time, and how many specs one runs."""

    seconds: float
    jobs: int
    batch: int


@dataclass(frozen=True, slots=True)
class Suite:
    """How it is run: what comes before its own words, and where its reports go."""

    before: tuple[str, ...]  # such as `mockcloud exec client --`
    program: Path
    kubectl: Path
    out: Path

    def all_specs(self, focus: str) -> list[str]:
        """The specs that the suite itself finds by an expression of ginkgo's."""
        folder = self.out / "list"
        self._run(folder, 300, f"--ginkgo.focus={focus}", "--ginkgo.dry-run")
        return names_in((folder / _REPORT).read_text())

    def run_all(self, specs: Sequence[str], pace: Pace, tell: Callable[[Outcome], None]) -> list[Outcome]:
        """What became of each, in the list's order; those that are to be alone come last."""
        folders = {spec: self.out / f"{number:03}" for number, spec in enumerate(specs, 1)}
        done: dict[str, Outcome] = {}

        def note(outcome: Outcome) -> None:
            done[outcome.spec] = outcome
            tell(outcome)

        def several(batch: Sequence[str]) -> None:
            report = self._report_of(batch, folders[batch[0]], pace.seconds) if len(batch) > 1 else None
            for outcome in ended(batch, report):
                note(outcome)
            for spec in batch:
                if spec not in done:
                    note(self._one(spec, folders[spec] / "alone", pace.seconds))

        side_by_side, alone = apart(specs)
        pool = ThreadPoolExecutor(pace.jobs)
        try:
            list(pool.map(several, batches(side_by_side, pace.batch)))
        finally:
            pool.shutdown(cancel_futures=True)
        for batch in batches(alone, pace.batch):
            several(batch)
        return [done[spec] for spec in specs]

    def _one(self, spec: str, folder: Path, seconds: float) -> Outcome:
        begins = time.monotonic()
        report = self._report_of((spec,), folder, seconds)
        return outcome_of(spec, report, time.monotonic() - begins)

    def _report_of(self, specs: Sequence[str], folder: Path, seconds: float) -> str | None:
        """Run these one after the other, until one of them hangs; None where there is no report."""
        whole = [f"--ginkgo.focus={re.escape(spec)}" + r"\s*$" for spec in specs]
        seconds = max(seconds, _USUAL * len(specs))
        self._run(folder, seconds + _CLEAN_UP, *whole, f"--ginkgo.timeout={seconds:g}s")
        report = folder / _REPORT
        return report.read_text() if report.exists() else None

    def _run(self, folder: Path, seconds: float, *options: str) -> None:
        """Run the suite once; whatever it prints is in the folder."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / _REPORT).unlink(missing_ok=True)
        places = (f"--kubectl-path={self.kubectl}", f"--report-dir={folder}", f"--e2e-output-dir={folder}")
        command = [*self.before, str(self.program), *_OPTIONS, *places, *options]
        with (folder / "e2e.log").open("w") as log:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
            )
            for end in (process.terminate, process.kill):
                try:
                    process.wait(seconds)
                except subprocess.TimeoutExpired:
                    end()
                    seconds = _END
            process.wait()
