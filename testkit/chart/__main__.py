"""python -m testkit.chart: writes what is made from the chart: its README's table and the plain manifest."""

import sys
from pathlib import Path

from testkit.chart import CHART, helm, manifest, values

README = CHART / "README.md"
ROOT = CHART.parent.parent
# For people, and as a part of the package: a lab installs it.
MANIFESTS = (
    ROOT / "deploy" / "baremetal-lb.yaml",
    ROOT / "mockcloud" / "lab" / "components" / "baremetal-lb.yaml",
)


def made(binary: Path) -> dict[Path, str]:
    """Each file with what is to stand in it. HelmError, UndocumentedError."""
    documented = values.documented((CHART / "values.yaml").read_text())
    rendered = helm.template(binary, CHART, *manifest.ARGUMENTS)
    return {
        README: values.with_table(README.read_text(), documented),
        **dict.fromkeys(MANIFESTS, manifest.manifest(rendered, "baremetal-lb-system")),
    }


def main() -> int:
    """Write them; 1 with the reason where that can't be done."""
    try:
        for path, text in made(helm.find_or_build()).items():
            path.write_text(text)
    except (helm.HelmError, values.UndocumentedError) as error:
        sys.stderr.write(f"chart: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
