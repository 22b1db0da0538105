"""tools/dist: a chart's package whose bytes do not tell when it was packed."""

import runpy
import tarfile

import pytest

from tests.packaging.installs import ROOT

EPOCH = 1_700_000_000


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
