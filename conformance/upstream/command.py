"""`make conformance ARGS=upstream`: builds the suite, runs its specs against a lab, judges the outcome."""

import argparse
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Final

from mockcloud.lab.interruptions import Interrupted, interruptions
from testkit.control_planes.build import BuildError
from testkit.control_planes.upstream_suite import AGNHOST, KUBECTL, SUITE, build_suite, suite_sources
from testkit.lab import Lab, StepError

from conformance.upstream.images import write_catalogue
from conformance.upstream.lists import CONFORMANCE, LISTS, SpecList, chosen
from conformance.upstream.suite import Pace, Suite
from conformance.upstream.verdict import Outcome, causes, idle, judged, junit, table

_OF_CONFORMANCE: Final = r"\[Conformance\]"


def main(arguments: list[str]) -> int:
    """0 where all is as the lists have it, else 1; 2 for wrong usage."""
    options = _parsed(arguments)
    out: Path = options.out.resolve()
    asked = next(each for each in LISTS if each.name == options.specs)
    try:
        programs = build_suite()
        if options.build:
            print(programs / AGNHOST)
            return 0
        with interruptions(), _lab(options, out, programs) as lab:
            suite = _suite(lab, out, programs)
            if options.list:
                found = sorted(suite.all_specs(_OF_CONFORMANCE))
                CONFORMANCE.names_file.write_text("".join(f"{each}\n" for each in found))
                return 0
            known = suite.all_specs(options.focus) if options.any else asked.specs()
            wanted = chosen(known, options.focus, options.skip, options.shard)
            pace = Pace(options.seconds, options.jobs, options.batch)
            outcomes = suite.run_all(wanted, pace, _tell)
    except (BuildError, StepError, OSError) as error:
        sys.stderr.write(f"conformance: {error}\n")
        return 1
    except Interrupted as interrupted:
        return interrupted.exit_code
    return _closing(outcomes, asked, out)


def _parsed(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make conformance ARGS='upstream ...'", description=__doc__)
    add = parser.add_argument
    names = [each.name for each in LISTS]
    add("--specs", choices=names, default=CONFORMANCE.name, help="which list; default %(default)s")
    add("--focus", default="", metavar="REGEX", help="only specs whose name this finds")
    add("--skip", default="", metavar="REGEX", help="no specs whose name this finds")
    add("--any", action="store_true", help="of all that the suite has, not of a list in the repository")
    add("--jobs", type=int, default=2, metavar="N", help="so many at a time, default 2")
    add("--batch", type=int, default=8, metavar="N", help="so many specs to a process, default 8")
    add("--shard", type=_shard, default=(1, 1), metavar="I/N", help="only the I-th of N parts")
    add("--seconds", type=float, default=420.0, help="that each spec may take; default 420")
    add(
        "--lab",
        default="",
        metavar="NAME",
        help="a lab that is up; default: one of its own",
    )
    add("--out", type=Path, default=Path("build/upstream"), metavar="FOLDER", help="of logs and reports")
    add("--build", action="store_true", help="only build, and print where agnhost is")
    add(
        "--list",
        action="store_true",
        help="write the list of conformance specs anew, from the suite; nothing is run",
    )
    return parser.parse_args(arguments)


def _shard(text: str) -> tuple[int, int]:
    number, _, of = text.partition("/")
    if not (number.isdecimal() and of.isdecimal() and 1 <= int(number) <= int(of)):
        msg = f"{text!r}: expected I/N, such as 2/4"
        raise argparse.ArgumentTypeError(msg)
    return int(number), int(of)


@contextmanager
def _lab(options: argparse.Namespace, out: Path, programs: Path) -> Iterator[str]:
    """The name of a lab that is up."""
    out.mkdir(parents=True, exist_ok=True)
    if options.lab:
        yield options.lab
        return
    images = out / "images.yaml"
    write_catalogue(images, programs, suite_sources())
    lab = Lab(f"upstream-{os.getpid()}")
    with lab.running("--nodes", "3", "--zones", "a,b,c", "--catalogue", str(images)):
        yield lab.name


def _suite(lab: str, out: Path, programs: Path) -> Suite:
    """It runs on the lab's client, from where nodes and external addresses are reached."""
    before = (sys.executable, "-m", "mockcloud", "exec", "--name", lab, "client", "--")
    return Suite(before, programs / SUITE, programs / KUBECTL, out)


def _tell(outcome: Outcome) -> None:
    print(f"{outcome.result:<11}{outcome.seconds:5.0f} s  {outcome.spec}", flush=True)


def _closing(outcomes: list[Outcome], asked: SpecList, out: Path) -> int:
    known, file = asked.shortcomings(), asked.shortcomings_file.name
    (out / "results.json").write_text(json.dumps([asdict(each) for each in outcomes], indent=1))
    (out / "junit.xml").write_text(junit(outcomes))
    print("\n".join(["", *causes(outcomes), "", *table(outcomes), ""]))
    verdict = judged(outcomes, known)
    for outcome in verdict.failures:
        print(f"failed, and is not in {file}: {outcome.spec}")
    for outcome in verdict.passes:
        print(f"passed, and is in {file}: {outcome.spec}")
    for pattern in idle(known, asked.specs()):
        print(f"{file} names a spec that is not in {asked.names_file.name}: {pattern}")
    print(f"logs and reports: {out}")
    return 0 if verdict.holds else 1
