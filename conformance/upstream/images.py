"""The image catalogue of the suite's lab: which local program each of the suite's own images is."""

import shutil
from pathlib import Path
from typing import Any, Final

import yaml

_AGNHOST: Final = ("/agnhost", "/agnhost-2")
_CERTIFICATE: Final = ("localhost.crt", "localhost.key")  # of agnhost's server that speaks TLS


def catalogue(agnhost: Path, sources: Path, certificate: Path) -> dict[str, Any]:
    """Beside the built-in catalogue: what was built for this, with the files that the images have.

    `sources` is the folder of Kubernetes' module; `certificate` has what agnhost's image has in its root.
    """
    pages = {name: sources / "test" / "images" / name / "html" for name in ("kitten", "nautilus")}
    return {
        "images": [
            # Specs that want an image which is not there use this one.
            {"match": ["webserver:404"], "program": "none"},
            _entry("agnhost", agnhost, ["pause"], certificate),
            *(_entry(name, agnhost, ["test-webserver"], folder) for name, folder in pages.items()),
        ]
    }


def write_catalogue(file: Path, agnhost: Path, sources: Path) -> None:
    """For `mockcloud up --catalogue`; what it names is beside it."""
    certificate = file.with_suffix("")
    certificate.mkdir(exist_ok=True)
    for name in _CERTIFICATE:
        shutil.copyfile(sources / "test" / "images" / "agnhost" / "porter" / name, certificate / name)
    file.write_text(yaml.safe_dump(catalogue(agnhost, sources, certificate)))


def _entry(name: str, agnhost: Path, arguments: list[str], files: Path) -> dict[str, Any]:
    return {
        "match": [name],
        "program": "local",
        "binary": [str(agnhost)],
        "paths": list(_AGNHOST),
        "files": str(files),
        "shell": "busybox",
        "arguments": arguments,
    }
