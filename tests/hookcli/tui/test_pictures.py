"""The pictures of the documentation can be taken, and are those that it shows."""

import re
from pathlib import Path

import pytest

from tests.hookcli.tui.pictures import PICTURES, Picture, take

DOCS = Path(__file__).parents[3] / "docs"
SOME = ("main", "hex")
"""Those of the default tier; the others are for the slow one."""


def test_the_docs_show_pictures_that_are_made_here() -> None:
    pages = [*DOCS.glob("*.md"), DOCS.parent / "README.md"]
    shown = {
        name for page in pages for name in re.findall(r"pictures/(\w+)\.svg", page.read_text())
    }
    assert shown
    assert shown <= {picture.name for picture in PICTURES}
    assert all((DOCS / "pictures" / f"{name}.svg").exists() for name in shown)


@pytest.mark.parametrize(
    "picture",
    [
        pytest.param(one, id=one.name, marks=() if one.name in SOME else pytest.mark.slow)
        for one in PICTURES
    ],
)
async def test_a_picture_is_taken(picture: Picture) -> None:
    svg = await take(picture)
    assert svg.startswith("<svg")
    assert "hookcli" in svg
