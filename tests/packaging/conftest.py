"""The wheel, and environments that have it: built once for all."""

import pytest

from tests.packaging.installs import build, install


@pytest.fixture(scope="session")
def wheel(tmp_path_factory):
    """The wheel of this checkout."""
    return build("wheel", tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="session")
def plain(wheel, tmp_path_factory):
    """`pip install baremetal-lb`."""
    return install(wheel, tmp_path_factory.mktemp("plain"))


@pytest.fixture(scope="session")
def with_lab(wheel, tmp_path_factory):
    """`pip install baremetal-lb[lab]`."""
    return install(wheel, tmp_path_factory.mktemp("lab"), "lab")


@pytest.fixture(scope="session")
def with_cloud(wheel, tmp_path_factory):
    """`pip install baremetal-lb[lab,cloud]`."""
    return install(wheel, tmp_path_factory.mktemp("cloud"), "lab", "cloud")


@pytest.fixture(scope="session")
def with_testing(wheel, tmp_path_factory):
    """`pip install baremetal-lb[lab,images,testing]`."""
    # Inside of pytest's own folder, which is for its owner alone: pods' users read the packages, too.
    return install(wheel, tmp_path_factory.mktemp("testing") / "venv", "lab", "images", "testing")
