"""The image catalogue of the suite's lab: which local program each of the suite's own images is."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import yaml
from testkit.control_planes.upstream_suite import AGNHOST, CONNTRACK_TEST, NO_NEW_PRIVILEGES

_PATHS: Final = {
    AGNHOST: ("/agnhost", "/agnhost-2"),
    CONNTRACK_TEST: (f"/{CONNTRACK_TEST}",),
    NO_NEW_PRIVILEGES: ("/usr/local/bin/nnp",),
}
_CERTIFICATE: Final = ("localhost.crt", "localhost.key")  # of agnhost's server that speaks TLS


def catalogue(programs: Path, sources: Path, certificate: Path) -> dict[str, Any]:
    """Beside the built-in catalogue: what was built for this, with the files that the images have.

    `programs` has what was built, `sources` is the folder of Kubernetes' module; `certificate` has what
    agnhost's image has in its root.
    """
    pages = {name: sources / "test" / "images" / name / "html" for name in ("kitten", "nautilus")}
    return {
        "images": [
            _entry(AGNHOST, programs / AGNHOST, ["pause"], certificate),
            *(_entry(name, programs / AGNHOST, ["test-webserver"], page) for name, page in pages.items()),
            *(_entry(name, programs / name) for name in (CONNTRACK_TEST, NO_NEW_PRIVILEGES)),
        ]
    }


def write_catalogue(file: Path, programs: Path, sources: Path) -> None:
    """For `mockcloud up --catalogue`; what it names is beside it."""
    certificate = file.with_suffix("")
    certificate.mkdir(exist_ok=True)
    for name in _CERTIFICATE:
        shutil.copyfile(sources / "test" / "images" / "agnhost" / "porter" / name, certificate / name)
    file.write_text(yaml.safe_dump(catalogue(programs, sources, certificate)))


def _entry(
    name: str, program: Path, arguments: Sequence[str] = (), files: Path | None = None
) -> dict[str, Any]:
    entry = {
        "match": [name],
        "program": "local",
        "binary": [str(program)],
        "paths": list(_PATHS[program.name]),
        "shell": "busybox",
        "arguments": list(arguments),
    }
    return entry if files is None else {**entry, "files": str(files)}
