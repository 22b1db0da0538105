"""The catalogue as files."""

import pytest

from mockcloud.images.catalogue import CatalogueError
from mockcloud.images.image_lookup import Catalogue, UnknownImage


def test_a_users_catalogue_comes_first_and_is_read_again_for_what_is_unknown(tmp_path):
    """An entry added while a pod waits is found at the next try; the complaint names the file."""
    path = tmp_path / "mine.yaml"
    path.write_text("images: [{match: [nginx], program: command, command: [cat]}]")
    catalogue = Catalogue(path)
    assert catalogue.find("nginx:1").command == ("cat",)
    with pytest.raises(UnknownImage, match=r"mine\.yaml"):
        catalogue.find("tiny-thing")
    path.write_text("images: [{match: [tiny-thing], program: http, ports: [2181]}]")
    assert catalogue.find("tiny-thing").ports == (2181,)
    path.write_text("images: 3")
    with pytest.raises(UnknownImage, match="expected a mapping"):
        catalogue.find("other")


def test_a_catalogue_that_is_not_there_stops_the_agent(tmp_path):
    """Said at the start, with the path."""
    with pytest.raises(CatalogueError, match=r"none\.yaml"):
        Catalogue(tmp_path / "none.yaml")
