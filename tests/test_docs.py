"""What the documents name is there."""

import re
import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
_TEST = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")
_FILE = re.compile(r"`((?:src|relay_server|docs|benchmarks|tests|scripts)/[\w./-]+\.\w+)`")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_test_that_is_named_exists(page: Path) -> None:
    missing = []
    for file, name in _TEST.findall(page.read_text()):
        path = ROOT / file
        found = path.is_file() and (not name or f"def {name}(" in path.read_text())
        if not found:
            missing.append(f"{file}::{name}" if name else file)
    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_that_is_named_exists(page: Path) -> None:
    named = set(_FILE.findall(page.read_text()))
    assert sorted(name for name in named if not (ROOT / name).exists()) == []


def test_a_threat_without_a_test_is_no_line_of_the_threat_model() -> None:
    text = (ROOT / "docs" / "threat-model.md").read_text()
    rows = [line for line in text.splitlines() if line.startswith("|") and "must hold" not in line]
    held = [row for row in rows if row.count("|") == 3 and "---" not in row]
    assert len(held) >= 20
    assert [row for row in held if not _TEST.search(row)] == []


def test_the_table_of_keys_is_the_table_of_actions() -> None:
    """Made anew by `make docs`."""
    text = (ROOT / "docs" / "tui.md").read_text()
    assert runpy.run_path(str(ROOT / "scripts" / "tui_keys.py"))["page"](text) == text


def test_every_picture_that_is_shown_is_there() -> None:
    shown = re.findall(r"\]\((?:docs/)?(pictures/[\w-]+\.svg)\)", "".join(map(_read, PAGES)))
    assert len(shown) >= 8
    assert [name for name in shown if not (ROOT / "docs" / name).is_file()] == []


def _read(page: Path) -> str:
    return page.read_text()
