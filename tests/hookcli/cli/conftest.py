"""What the tests of commands share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hookcli.cli import shelf as shelves
from tests.hookcli.cli.shelf import Shelf
from tests.support import rawhttp


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    """An empty store for commands."""
    return Shelf(tmp_path / "captures.sqlite")


@pytest.fixture
def app() -> Iterator[rawhttp.Program]:
    """A program that answers 200."""
    with shelves.program() as running:
        yield running
