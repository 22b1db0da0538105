"""`make e2e-real`: image and chart on a real cluster, installed as README.md says; all scenarios there.

    python -m e2e.real.acceptance [suite|scenarios]... [-- PYTEST ARGUMENTS...]

Without names both: the suite of e2e/suite, then e2e/real/scenarios. Logs, the API's audit log too, go to
dist/e2e-real. It fails, too, where a right was refused to a daemon.
"""

from __future__ import annotations

import shlex
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Final

from e2e.real import audit, lifecycle, metallb
from e2e.real.lifecycle import RealError, Wanted
from e2e.real.scenarios.cluster import PLACE
from mockcloud.lab.interruptions import Interrupted, interruptions
from testkit.chart.helm import HelmError
from testkit.control_planes.build import BuildError

ROOT: Final = Path(__file__).parents[2]
NAME: Final = "e2e"
NAMESPACE: Final = "baremetal-lb-system"
OF_THE_SECOND: Final = "other-system"  # as scenarios/test_release.py installs it
LOGS: Final = ROOT / "dist" / "e2e-real"
_PARTS: Final = ("suite", "scenarios")
_HELM: Final = f"helm {{}} baremetal-lb charts/baremetal-lb --namespace {NAMESPACE} --create-namespace --wait"
_POOL: Final = '{"name":"lan","protocol":"layer2","addresses":["192.168.10.200-192.168.10.219"]}'
_INSTALL: Final = f"{_HELM.format('install')} --set-json 'addressPools=[{_POOL}]'"
_CHANGE: Final = "--reset-then-reuse-values --set controller.logLevel=debug,speaker.logLevel=debug"
_UPGRADE: Final = f"{_HELM.format('upgrade')} {_CHANGE}"
_UNINSTALL: Final = f"helm uninstall baremetal-lb --namespace {NAMESPACE} --wait"
_PATIENCE: Final = "180"  # seconds: speakers are replaced one after the other, each 12 s after the one before
# What the image is made of: where one of these is newer it is made anew.
_SOURCES: Final = ("baremetal_lb", "mockcloud", "image", "Dockerfile", "pyproject.toml", "requirements")


def main(argv: list[str]) -> int:
    """0 where all hold; else the first exit code of pytest that is none, or 1."""
    parts, more = (argv[: argv.index("--")], argv[argv.index("--") + 1 :]) if "--" in argv else (argv, [])
    if unknown := set(parts) - set(_PARTS):
        print(f"e2e-real: {', '.join(unknown)}: expected {' or '.join(_PARTS)}", file=sys.stderr)
        return 2
    try:
        with interruptions():
            return _run(parts or list(_PARTS), more)
    except Interrupted as interrupted:
        return interrupted.exit_code
    except (RealError, BuildError, HelmError) as error:
        print(f"e2e-real: {error}", file=sys.stderr)
        return 1


def _run(parts: list[str], more: list[str]) -> int:
    place, image = lifecycle.folder(NAME), _image()
    pytest = [sys.executable, "-m", "pytest", "-q"]
    commands = {
        "suite": [
            shlex.split(_INSTALL),
            [*pytest, "e2e/suite", *_suite(), *more],
            [*shlex.split(_UNINSTALL), "--ignore-not-found"],
        ],
        "scenarios": [[*pytest, "e2e/real/scenarios", *more]],
    }
    with lifecycle.running(place, Wanted(archives=[image, metallb.archive()], logs=LOGS)):
        codes = [
            lifecycle.on_control(place, ["env", f"{PLACE}={place}", *command])
            for part in parts
            for command in commands[part]
        ]
        with (place / "audit.log").open() as events:
            accounts = (f"system:serviceaccount:{each}:" for each in (NAMESPACE, OF_THE_SECOND))
            refused = audit.refused(events, *accounts)
    for right in refused:
        print(f"e2e-real: refused: {right}", file=sys.stderr)
    return next((code for code in codes if code), 1 if refused else 0)


def _suite() -> list[str]:
    """The suite's options for this cluster."""
    options = ["--environment", "real", "--cluster", NAME, "--patience", _PATIENCE]
    return [*options, "--install", _INSTALL, "--upgrade", _UPGRADE, "--uninstall", _UNINSTALL]


def _image() -> Path:
    """The image's archive, made where there is none of the present sources."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    archive = ROOT / "dist" / f"baremetal-lb-{version}.oci.tar"
    files = (each for name in _SOURCES for each in (ROOT / name, *(ROOT / name).rglob("*")))
    changed = max(each.stat().st_mtime for each in files if each.is_file() and each.suffix != ".pyc")
    if not archive.exists() or archive.stat().st_mtime < changed:
        done = subprocess.run(["make", "--no-print-directory", "image"], cwd=ROOT, check=False)
        if done.returncode:
            message = f"make image: exit code {done.returncode}"
            raise RealError(message)
    return archive


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
