"""The recipes of `docs/scripting.md`, run as they are written."""

import asyncio
import hashlib
import hmac
import re
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.hookcli.cli.shelf import Shelf
from tests.support import rawhttp
from tests.support.processes import PATIENCE, environment, hookcli
from tests.support.running import Relay, relay

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

PAGE = Path(__file__).parents[2] / "docs" / "scripting.md"
SECRET = "whsec_" + "test" * 8


def recipes() -> list[str]:
    """Every block of shell, in order."""
    return re.findall(r"^```sh\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)


def name_of(recipe: str) -> str:
    return re.sub(r"\W+", "-", recipe.partition("\n")[0])[:50].strip("-")


@pytest.fixture
async def app() -> AsyncIterator[rawhttp.Program]:
    body = b'{"ok": true, "at": 1}'
    headers = [(b"Content-Type", b"application/json"), (b"X-App", b"shop")]
    async with rawhttp.program(rawhttp.respond(200, headers, body)) as running:
        yield running


def fill(file: Path) -> None:
    """What a developer's afternoon leaves behind."""
    shelf = Shelf(file)
    now = time.time_ns() // 1000
    for number in range(4):
        body = (
            b'{"id": "evt_%d", "type": "invoice.paid", "data": {"object": {"amount_paid": 5}}}'
            % number
        )
        at = now // 1_000_000 - 60 + number
        signed = hmac.new(SECRET.encode(), b"%d." % at + body, hashlib.sha256).hexdigest().encode()
        headers = (
            (b"Content-Type", b"application/json"),
            (b"Stripe-Signature", b"t=%d,v1=%b" % (at, signed)),
        )
        kind = {"source": "stripe", "event_type": "invoice.paid", "scheme": "stripe"}
        shelf.put(
            body,
            status=500 if number == 2 else 200,
            headers=headers,
            received_at=at * 1_000_000,
            **kind,
        )
    headers = ((b"X-GitHub-Event", b"push"), (b"X-Hub-Signature-256", b"sha256=" + b"0" * 64))
    shelf.put(
        b"{}",
        status=500,
        headers=headers,
        source="github",
        event_type="push",
        scheme="github",
        received_at=now - 55_000_000,
    )


@pytest.mark.parametrize("recipe", recipes(), ids=name_of)
async def test_a_recipe_does_what_it_says(
    tmp_path: Path, app: rawhttp.Program, recipe: str
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    store = home / "captures.sqlite"
    await asyncio.to_thread(fill, store)
    given = {
        "APP": app.url.removeprefix("http://"),
        "HOOKCLI_STORE": str(store),
        "HOOKCLI_SECRET_STRIPE": SECRET,
    }
    async with AsyncExitStack() as stack:
        if re.search(r"hookcli (?:listen|wait|trigger (?!.*--to))", recipe):
            given |= await public(await stack.enter_async_context(relay(tmp_path / "server")))
        code, said = await run(recipe, home, given)
    assert code == 0, said
    assert "Traceback" not in said
    assert SECRET not in said


async def public(server: Relay) -> dict[str, str]:
    """What leads commands to an endpoint of a relay."""
    endpoint = await server.endpoint()
    return {
        "HOOKCLI_RELAY": server.url,
        "HOOKCLI_ENDPOINT": endpoint.id,
        "HOOKCLI_TOKEN": endpoint.token,
    }


async def run(recipe: str, home: Path, given: dict[str, str]) -> tuple[int | None, str]:
    """The exit code and all that was said."""
    env = environment(home, given)
    env["PATH"] = f"{Path(hookcli()).parent}:{env['PATH']}"
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        "bash", "-euo", "pipefail", "-c", recipe,
        env=env, cwd=home, stdin=asyncio.subprocess.DEVNULL, stdout=pipe, stderr=pipe,
    )  # fmt: skip
    async with asyncio.timeout(40 * PATIENCE):
        out, err = await process.communicate()
    return process.returncode, f"{out.decode()}\n{err.decode()}"


def test_the_page_names_every_command_that_scripts_use() -> None:
    text = PAGE.read_text()
    for command in ("ls", "show", "replay", "edit", "diff", "wait", "trigger", "verify", "export", "import",
                    "stats", "tag", "rm", "listen"):  # fmt: skip
        assert f"hookcli {command}" in text or f"sqlite {command}" in text, command
