"""Get Kubernetes' own end-to-end suite, built from its Go module, and what its pods run."""

import fcntl
import json
import re
import shutil
from pathlib import Path
from typing import Final

from testkit.control_planes.build import (
    MODULE,
    VERSION,
    BuildError,
    cache,
    go,
    programs_dir,
    say,
    version_flags,
    write_module,
)

SUITE: Final = "e2e.test"
AGNHOST: Final = "agnhost"
KUBECTL: Final = "kubectl"  # of the same release: specs look at what it prints
_SUITE_PACKAGE: Final = f"{MODULE}/test/e2e"
CONNTRACK_TEST: Final = "regression-issue-74839"
NO_NEW_PRIVILEGES: Final = "nonewprivs"
_PROGRAMS: Final = {
    KUBECTL: f"{MODULE}/cmd/kubectl",
    **{name: f"{MODULE}/test/images/{name}" for name in (AGNHOST, CONNTRACK_TEST, NO_NEW_PRIVILEGES)},
}
_IMPORTED: Final = re.compile(r'^\s*(?:[\w.]+\s+)?"([a-z0-9-]+(?:\.[a-z0-9-]+)+/[^"]+)"', re.MULTILINE)


def build_suite() -> Path:
    """The folder of e2e.test, kubectl and the images' programs; a second call finds them. BuildError.

    It takes some 12 minutes of processor time, and caches of 12 GB.
    """
    target = programs_dir()
    target.mkdir(parents=True, exist_ok=True)
    with (cache() / "suite.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        missing = [name for name in (*_PROGRAMS, SUITE) if not (target / name).exists()]
        if missing:
            _build(target, missing)
    return target


def suite_sources() -> Path:
    """The folder of the unpacked module, which has the pages and certificates of the suite's images."""
    return Path(json.loads(go(_source(), "mod", "download", "-json", f"{MODULE}@{VERSION}"))["Dir"])


def _source() -> Path:
    return cache() / "suite-source"


def _build(target: Path, missing: list[str]) -> None:
    if not shutil.which("go"):
        message = f"go is missing: install Go 1.24 or later to build {', '.join(missing)} {VERSION}"
        raise BuildError(message)
    source = _source()
    source.mkdir(exist_ok=True)
    say(f"building {', '.join(missing)} {VERSION}: some 12 minutes of processor time, once")
    write_module(source, (_SUITE_PACKAGE, *_PROGRAMS.values(), "github.com/onsi/ginkgo/v2"))
    _name_imports_of_tests(source)
    go(source, "mod", "tidy")
    # One compiler at a time: at this size others on the machine would starve.
    flags = ("-p", "1", "-trimpath", "-ldflags", version_flags())
    for program in missing:
        staged = target / f".{program}"
        if program in _PROGRAMS:
            go(source, "build", *flags, "-o", str(staged), _PROGRAMS[program], CGO_ENABLED="0")
        else:
            go(source, "test", "-c", "-vet=off", *flags, "-o", str(staged), _SUITE_PACKAGE)
        staged.rename(target / program)


def _name_imports_of_tests(source: Path) -> None:
    """What the suite's main file imports: `go mod tidy` does not look at tests of other modules."""
    main_file = suite_sources() / "test" / "e2e" / "e2e_test.go"
    imported = "\n".join(
        f'import _ "{path}"' for path in sorted(set(_IMPORTED.findall(main_file.read_text())))
    )
    (source / "tests.go").write_text(f"//go:build tools\n\npackage tools\n\n{imported}\n")
