"""tools/dist: a chart's package whose bytes do not tell when it was packed, and that names its release."""

import re
import runpy
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
import yaml

from testkit.chart import CHART
from tests.packaging.installs import ROOT

EPOCH = 1_700_000_000
IMAGE, SOURCE = "ghcr.io/somebody/baremetal-lb", "https://github.com/Somebody/lb/blob/v0.1.0"


@pytest.fixture(scope="module")
def without_times():
    """The function of the script."""
    return runpy.run_path(str(ROOT / "tools" / "dist"))["_without_times"]


def packed(folder, names, time):
    """A package as helm makes one: in its order, at its time."""
    for name in names:
        (folder / name).write_text(f"content of {name}")
    path = folder / "chart.tgz"
    with tarfile.open(path, "w:gz") as archive:
        for name in names:
            member = archive.gettarinfo(folder / name, f"baremetal-lb/{name}")
            member.mtime = time
            with (folder / name).open("rb") as file:
                archive.addfile(member, file)
    return path


def test_a_chart_packed_at_another_time_is_the_same(tmp_path, without_times):
    """Neither helm's time nor its order, nor who packed it."""
    (first, second) = (tmp_path / each for each in ("first", "second"))
    first.mkdir()
    second.mkdir()

    assert without_times(packed(first, ["a", "b"], 1.5), EPOCH) == without_times(
        packed(second, ["b", "a"], 2), EPOCH
    )


def test_a_chart_keeps_what_is_in_it(tmp_path, without_times):
    """Names and contents, at the one time."""
    (tmp_path / "new.tgz").write_bytes(without_times(packed(tmp_path, ["a", "b"], 1.5), EPOCH))

    with tarfile.open(tmp_path / "new.tgz") as archive:
        found = {each.name: (archive.extractfile(each).read(), each.mtime) for each in archive}
    assert found == {f"baremetal-lb/{each}": (f"content of {each}".encode(), EPOCH) for each in "ab"}


@pytest.fixture
def published(tmp_path):
    """A copy of the chart as a release packs it."""
    chart = shutil.copytree(CHART, tmp_path / "baremetal-lb")
    runpy.run_path(str(ROOT / "tools" / "dist"))["_publish"](chart, IMAGE, SOURCE)
    return chart


def test_a_releases_chart_names_the_releases_image(published):
    """Whoever installs it by its address in a registry has no image of his own."""
    values = yaml.safe_load((published / "values.yaml").read_text())
    assert values["image"]["repository"] == IMAGE
    assert f'| `"{IMAGE}"` |' in (published / "README.md").read_text()
    assert not [each for each in published.rglob("*") if each.is_file() and "localhost/" in each.read_text()]


def test_a_releases_chart_links_to_its_pages(published):
    """Beside the package there is no docs/; what is linked to is there in the source of its version."""
    values = yaml.safe_load((published / "values.yaml").read_text())
    assert values["prometheus"]["prometheusRule"]["runbookURL"] == f"{SOURCE}/docs/troubleshooting.md"
    links = re.findall(r"\]\(([^#)]+)", (published / "README.md").read_text())
    assert links
    for link in links:
        assert (ROOT / link.removeprefix(f"{SOURCE}/")).exists(), link


def test_a_release_whose_chart_has_no_such_line_is_none(tmp_path):
    """Rather than a chart that names another image than is published."""
    chart = shutil.copytree(CHART, tmp_path / "baremetal-lb")
    (chart / "values.yaml").write_text("image: {}")
    with pytest.raises(SystemExit, match=r"values\.yaml of the chart does not have 'localhost/baremetal-lb'"):
        runpy.run_path(str(ROOT / "tools" / "dist"))["_publish"](chart, IMAGE, "")


def test_the_release_tells_where_it_publishes(tmp_path):
    """The workflow's own lines: what its build hands on is where it pushes to, and what tools/dist takes."""
    jobs = yaml.safe_load((ROOT / ".github/workflows/release.yml").read_text())["jobs"]
    (build,) = [each["run"] for each in jobs["build"]["steps"] if "make reproducible" in each.get("run", "")]
    (push,) = [each["run"] for each in jobs["publish"]["steps"] if "skopeo copy" in each.get("run", "")]
    assert "docker://$registry/baremetal-lb:$version" in push
    assert "registry=ghcr.io/${GITHUB_REPOSITORY_OWNER,,}" in build
    assert "registry=ghcr.io/${GITHUB_REPOSITORY_OWNER,,}" in push
    variables = {
        "GITHUB_REPOSITORY_OWNER": "Somebody",
        "GITHUB_REPOSITORY": "Somebody/lb",
        "GITHUB_SERVER_URL": "https://github.com",
        "GITHUB_REF_NAME": "v0.1.0",
    }
    said = _dry(f'sudo() {{ make --dry-run dist "$3"; }}\n{build}', variables)
    (line,) = [each for each in said.splitlines() if "tools/dist" in each]
    assert line.endswith(f" --image {IMAGE} --source {SOURCE}")


def _dry(script, variables):
    """What a script of the workflow prints."""
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=ROOT,
        env={**variables, "PATH": path},
        capture_output=True,
        text=True,
        check=True,
        timeout=90,
    )
    return done.stdout
