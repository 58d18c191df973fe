"""The whole loop by itself: a relay, a listener, a program; a signed webhook in, its answer back, a replay.

    python -m benchmarks.demo

Everything runs on this machine, in a folder of its own that is gone at the end. Exits 0 when each
step came out as it says, 1 when one did not.
"""

import asyncio
import hmac
import json
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.support import rawhttp
from tests.support.corpus import compact, sign
from tests.support.processes import Process
from tests.support.rawhttp import Message, Program
from tests.support.running import Endpoint, Listener, Relay, listener, relay

SECRET = b"the secret that GitHub and the program share"
WEBHOOK = {
    "action": "opened",
    "number": 7,
    "pull_request": {"title": "Bring webhooks to localhost", "user": {"login": "octocat"}},
    "repository": {"full_name": "octocat/hello"},
}


class WrongError(Exception):
    """A step did not come out as it should; the text says which."""


def tell(text: str = "") -> None:
    """One line for whoever watches."""
    print(text, flush=True)


def step(number: int, text: str) -> None:
    """A step begins."""
    tell(f"\n{number}. {text}")


def show(lines: list[str]) -> None:
    """What somebody printed, set in."""
    for line in lines:
        tell(f"   │ {line[:150]}")


def check(what: str, is_so: bool) -> None:
    """Say that something came out right, or end."""
    if not is_so:
        raise WrongError(what)
    tell(f"   ✓ {what}")


async def answer(message: Message, writer: asyncio.StreamWriter) -> None:
    """The program: checks GitHub's signature over the raw bytes, and answers."""
    given = message.value(b"X-Hub-Signature-256")
    if not hmac.compare_digest(given, sign(message.body, SECRET)):
        await rawhttp.respond(401, body=b"bad signature")(message, writer)
        return
    title = json.loads(message.body)["pull_request"]["title"]
    reply = json.dumps({"thanks for": title}).encode()
    fields = [(b"Content-Type", b"application/json"), (b"X-Program", b"demo")]
    await rawhttp.respond(200, fields, reply)(message, writer)


def webhook(endpoint: Endpoint, host: bytes) -> bytes:
    """A webhook as GitHub sends it."""
    body = compact(WEBHOOK)
    fields = [
        (b"User-Agent", b"GitHub-Hookshot/demo"),
        (b"X-GitHub-Delivery", b"72d3162e-cc78-11e3-81ab-4c9367dc0958"),
        (b"X-GitHub-Event", b"pull_request"),
        (b"X-Hub-Signature-256", sign(body, SECRET)),
        (b"Content-Type", b"application/json"),
    ]
    return rawhttp.request("POST", endpoint.path + "/github?from=demo", fields, body, host=host)


@asynccontextmanager
async def standing(home: Path) -> AsyncIterator[tuple[Relay, Endpoint, Listener, Program]]:
    """The three of them, started one after another."""
    step(1, "A relay takes webhooks at a public URL and puts them on disk:  hookcli relay")
    async with relay(home / "relay") as server, rawhttp.program(answer) as program:
        endpoint = await server.endpoint(name="demo")
        show([f"listens on {server.url}, log in {server.data}"])
        step(2, f"A program listens on localhost:{program.port}; it verifies GitHub's signature")
        port = str(program.port)
        step(3, f"A listener brings webhooks from the relay to it:  hookcli listen {port}")
        laptop, known = home / "laptop", {"HOOKCLI_SECRET_GITHUB": SECRET.decode()}
        async with listener(
            laptop, server.url, endpoint, port, log=laptop / "lines", more=known
        ) as it:
            show(lines_of(it))
            yield server, endpoint, it, program
    tell("\nEverything is stopped and removed.")


def lines_of(it: Listener) -> list[str]:
    """What the listener has printed so far."""
    return (it.home / "lines").read_text().splitlines()


async def show_demo(home: Path) -> None:
    """Every step in order."""
    async with standing(home) as (server, endpoint, it, program):
        step(4, f"GitHub sends a signed webhook to {endpoint.url}/github?from=demo")
        raw = webhook(endpoint, b"127.0.0.1:%d" % server.port)
        told = await rawhttp.once(server.port, raw)
        (received,) = await program.wait_for(1)
        show([f"{len(raw)} bytes, X-Hub-Signature-256: {sign(compact(WEBHOOK), SECRET).decode()}"])
        check("the program got every byte of the body", received.body == compact(WEBHOOK))
        check("and the path and query as they were", received.target == b"/github?from=demo")
        check("the signature verified", told.status == 200)
        step(5, "The program's own answer came back to GitHub")
        show([told.start.decode(), *(f"{k.decode()}: {v.decode()}" for k, v in told.headers)])
        show(["", told.body.decode()])
        check("with its fields", told.values(b"X-Program") == [b"demo"])
        step(6, "It is kept:  hookcli ls, hookcli show @")
        show((await ran(it, "ls", "--header")).out)
        show((await ran(it, "show", "@")).out)
        step(7, "And can be sent again, the same bytes:  hookcli replay @")
        show((await ran(it, "replay", "@")).out)
        again = (await program.wait_for(2))[1]
        check("the program got it again, byte for byte", again.body == received.body)
        check("marked as a replay", len(again.values(b"Hookcli-Replay-Of")) == 1)
        step(8, "What the listener said meanwhile:")
        await it.stop()
        show(lines_of(it)[1:])


async def ran(it: Listener, *args: str) -> Process:
    """A command on the same captures."""
    done = await it.run(*args)
    if done.returncode:
        raise WrongError(f"hookcli {' '.join(args)} failed:\n{done.tail()}")
    return done


def main() -> int:
    """Show it; the exit code."""
    with tempfile.TemporaryDirectory(prefix="hookcli-demo-") as folder:
        try:
            asyncio.run(show_demo(Path(folder)))
        except (WrongError, TimeoutError, RuntimeError, OSError) as error:
            print(f"\nthe demo failed: {error}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
