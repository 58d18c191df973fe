"""What `docs/testing.md` and `docs/library.md` show, run as it is written."""

import asyncio
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.test_scripting import SECRET, fill
from tests.support import rawhttp
from tests.support.processes import Process, environment, hookcli

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

ROOT = Path(__file__).resolve().parents[2]
APP = """
from hookcli.signatures import Secret
from tests.hookcli.testing import shop

shop.SECRETS[:] = [Secret("test", "whsec_only_for_tests")]
app = shop.Shop().asgi
"""


def blocks(page: str, language: str) -> list[str]:
    text = (ROOT / "docs" / page).read_text()
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def run(project: Path, *argv: str, **env: str) -> str:
    done = subprocess.run(
        argv, cwd=project, text=True, capture_output=True, timeout=100,
        env=environment(project / "home", {"PYTHONPATH": f"{ROOT}:{project}"} | env),
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_page_of_tests_is_a_test(tmp_path: Path) -> None:
    saved = ROOT / "examples" / "fastapi" / "tests" / "webhooks"
    shutil.copytree(saved, tmp_path / "tests" / "webhooks")
    (tmp_path / "pytest.ini").write_text(blocks("testing.md", "ini")[0])
    (tmp_path / "shop_app.py").write_text(APP)
    python = "\n\n".join(blocks("testing.md", "python"))
    test = tmp_path / "tests" / "test_page.py"
    test.write_text(f"import pytest\nfrom shop_app import app\n\n\n{python}")
    said = run(
        tmp_path, sys.executable, "-m", "pytest", "-q", "-p", "no:asyncio", "-p", "no:aiohttp",
        GITHUB_TEST_SECRET="of tests",
    )  # fmt: skip
    assert f"{3 + 1 + 9 + 1 + 1} passed" in said


def test_the_commands_of_that_page_write_what_it_says(tmp_path: Path) -> None:
    store = tmp_path / "captures.sqlite"
    fill(store)
    path = f"{Path(hookcli()).parent}:/usr/bin:/bin"
    (commands,) = blocks("testing.md", "sh")
    run(tmp_path, "bash", "-e", "-c", commands, HOOKCLI_STORE=str(store), PATH=path)
    assert len(list((tmp_path / "tests" / "webhooks" / "stripe").glob("*.http"))) == 4
    assert "@pytest.mark.webhooks(" in (tmp_path / "tests" / "test_webhooks.py").read_text()


async def test_the_scripts_of_the_library_run(tmp_path: Path) -> None:
    store = tmp_path / "captures.sqlite"
    await asyncio.to_thread(fill, store)
    listing, again, receiving = blocks("library.md", "python")
    env = {"HOOKCLI_STORE": str(store), "HOOKCLI_SECRET_STRIPE": SECRET}
    listed = await asyncio.to_thread(run, tmp_path, sys.executable, "-c", listing, **env)
    assert re.search(r"^[0-9A-Z]{26} invoice.paid 500 b'\{\"id\": \"evt_2\"", listed, re.MULTILINE)
    async with rawhttp.program() as program:
        script = again.replace("set={", f"to={program.port}, set={{")
        said = await asyncio.to_thread(run, tmp_path, sys.executable, "-c", script, **env)
        assert [line.split()[0] for line in said.splitlines()] == ["200", "200"]
        assert {b'"retried"' in one.body for one in program.received} == {True}
    process = await Process.start(
        [sys.executable, "-c", receiving], env=environment(tmp_path / "home", env)
    )
    try:
        found = await process.line(r"send to http://127.0.0.1:(\d+)(/\S+)")
        await rawhttp.once(int(found[1]), rawhttp.request("PUT", found[2], [], b"hello"))
        await process.line(r"^PUT b'hello'$")
        assert await process.wait() == 0
    finally:
        await process.kill()
