"""Runs specs of the suite, each in a process of its own: one that hangs costs its own time and no more."""

import re
import subprocess
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from conformance.upstream.lists import apart
from conformance.upstream.verdict import Outcome, names_in, outcome_of

_REPORT: Final = "junit_01.xml"
_CLEAN_UP: Final = 60.0  # seconds that a spec has to clean up after its time is over
_END: Final = 10.0
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

    def run_all(
        self, specs: Sequence[str], seconds: float, jobs: int, tell: Callable[[Outcome], None]
    ) -> list[Outcome]:
        """What became of each, in the list's order; `jobs` at a time, but for those that are to be alone."""
        numbers = {spec: number for number, spec in enumerate(specs, 1)}
        done: dict[str, Outcome] = {}

        def one(spec: str) -> None:
            done[spec] = self._one(spec, self.out / f"{numbers[spec]:03}", seconds)
            tell(done[spec])

        side_by_side, alone = apart(specs)
        pool = ThreadPoolExecutor(jobs)
        try:
            list(pool.map(one, side_by_side))
        finally:
            pool.shutdown(cancel_futures=True)
        for spec in alone:
            one(spec)
        return [done[spec] for spec in specs]

    def _one(self, spec: str, folder: Path, seconds: float) -> Outcome:
        begins = time.monotonic()
        whole = re.escape(spec) + r"\s*$"
        self._run(folder, seconds + _CLEAN_UP, f"--ginkgo.focus={whole}", f"--ginkgo.timeout={seconds:g}s")
        report = folder / _REPORT
        return outcome_of(spec, report.read_text() if report.exists() else None, time.monotonic() - begins)

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
