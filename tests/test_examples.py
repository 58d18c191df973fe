"""The example projects pass their own tests, with what their requirements name."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.processes import environment

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"


@pytest.mark.slow
@pytest.mark.parametrize("name", ["fastapi", "flask", "django"])
def test_an_example_passes_its_tests(name: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:asyncio",
         "-p", "no:aiohttp", "-W", "error"],
        cwd=EXAMPLES / name, env=environment(tmp_path), capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert int(re.findall(r"(\d+) passed", done.stdout)[0]) >= 8


def test_every_example_is_told_of_and_tested() -> None:
    folders = {one.name for one in EXAMPLES.iterdir() if one.is_dir()}
    assert folders == {"fastapi", "flask", "django"}
    page = (EXAMPLES / "README.md").read_text()
    for name in folders:
        assert f"| `{name}` |" in page
        assert list((EXAMPLES / name / "tests" / "webhooks").rglob("*.http"))
