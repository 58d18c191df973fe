"""A curl line, run by a real shell against a raw receiver, sends the captured bytes."""

import asyncio
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from msgspec.structs import replace

from hookcli.errors import UsageError
from hookcli.wire.headers import values
from hookcli.wire.http import Request
from hookcli.workbench.export import curl, httpie, shell
from tests.support import rawhttp

BASE = Request(
    method="POST",
    url="https://relay.example/ep",
    target=b"/hooks/stripe?a=1&b=%2F",
    headers=(
        (b"Host", b"relay.example"),
        (b"Content-Type", b"application/json"),
        (b"Content-Length", b"0"),
    ),
    body=b'{"id": "it\'s", "$HOME": "`id`", "x": "!\\n\\\\"}\n',
)
MULTIPART = b'--b\r\nContent-Disposition: form-data; name="f"\r\n\r\n\x1b]0;x\x07\r\n--b--\r\n'
CASES = {
    "json": BASE,
    "empty": replace(BASE, body=b""),
    "bodiless get": replace(BASE, method="GET", headers=(), body=b""),
    "head": replace(BASE, method="HEAD", headers=(), body=b""),
    "get with a body": replace(BASE, method="GET"),
    "odd method": replace(BASE, method="PaTch!"),
    "an at sign first": replace(BASE, body=b"@/etc/passwd"),
    "a dash first": replace(BASE, body=b"-x"),
    "multipart": replace(BASE, body=MULTIPART),
    "invalid utf-8": replace(BASE, body=b"caf\xe9 \xff\n123"),
    "zero bytes": replace(BASE, body=bytes(range(256)) + b"%d\\x41-"),
    "utf-8": replace(BASE, body="日本 é \u202e".encode()),
    "large text": replace(BASE, body=b"it's " * 10_000),
    "large binary": replace(BASE, body=random.Random(1).randbytes(30_000)),
    "own fields": replace(
        BASE,
        headers=(
            (b"User-Agent", b"Stripe/1.0"),
            (b"accept", b"*/*; q=0.5"),
            (b"X-A", b"1"),
            (b"x-a", b"2"),
            (b"X-Empty", b""),
            (b"X-Odd", b"\xe9\t'\"$x;"),
            (b"Accept-Encoding", b"gzip"),
            (b"Cookie", b"a=b"),
            (b"Authorization", b"Bearer x"),
        ),
    ),
    "no fields": replace(BASE, headers=()),
    **{
        f"target {target!r}": replace(BASE, target=target)
        for target in (
            b"", b"/", b"?", b"/?", b"?x", b"//a//", b"/a/../b/./c", b"/a%2fb%2Fc%7e", b"/[x]{a,b}?y=[1-3]",
            b"/caf\xc3\xa9?q=\xff", b"/a?b?c#d", b"/'\"$x`y`|^\\", b"/a?%zz", b"/~a;b,c=d:e@f",
        )
    },
}  # fmt: skip


@pytest.mark.skipif(
    not shutil.which("curl") or not shutil.which("bash"), reason="needs curl and bash"
)
@pytest.mark.parametrize("name", CASES)
async def test_the_command_sends_what_was_captured(name: str, tmp_path: Path) -> None:
    request = CASES[name]
    async with rawhttp.program() as program:
        for files in (False, True):
            body_file = ""
            if files and not shell.inline(request.body):
                body_file = "a body.bin"
                (tmp_path / body_file).write_bytes(request.body)
            await _shell(
                "bash", curl.command(request, to=program.url, body_file=body_file), tmp_path
            )
            got = program.received[-1]
            target = request.target if request.target.startswith(b"/") else b"/" + request.target
            assert got.start == b"%s %s HTTP/1.1" % (request.method.encode(), target)
            assert got.body == request.body
            assert values(got.headers, b"host") == values(request.headers, b"host")
            assert _comparable(got.headers) == _comparable(request.headers)
        assert program.faults == []


@pytest.mark.skipif(
    not shutil.which("curl") or not shutil.which("dash"), reason="needs curl and dash"
)
async def test_binary_needs_no_bash(tmp_path: Path) -> None:
    async with rawhttp.program() as program:
        await _shell("dash", curl.command(CASES["zero bytes"], to=program.url), tmp_path)
        assert program.received[-1].body == CASES["zero bytes"].body


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("bash"), reason="needs bash")
@pytest.mark.parametrize("name", CASES)
async def test_httpie_sends_what_was_captured_or_it_is_refused(name: str, tmp_path: Path) -> None:
    request = CASES[name]
    async with rawhttp.program() as program:
        try:
            command = httpie.command(request, to=program.url)
        except UsageError:
            return
        await _shell("bash", command, tmp_path)
        got = program.received[-1]
        assert got.method == request.method.encode()
        assert got.target.removeprefix(b"/") == request.target.removeprefix(b"/")
        assert got.body == request.body
        sent = [pair for pair in _comparable(got.headers) if pair[0] != b"Connection"]
        assert sent == _comparable(request.headers)


@pytest.mark.skipif(not shutil.which("bash"), reason="needs bash")
def test_bash_reads_every_word_back_to_the_byte(tmp_path: Path) -> None:
    draw = random.Random(7)
    alphabet = b"ab'\"\\$`!\n\r\t \x1b\x07%{}@\xe9\xc3\xa9\xff0123456789-"
    drawn = [bytes(draw.choices(alphabet, k=draw.randrange(12))) for _ in range(3000)]
    drawn += [bytes((byte,)) for byte in range(1, 256)]
    lines = [b"put %s;" % shell.quote(word) for word in drawn]
    lines += [shell.printf(word + b"\0\xff%d") + b"; printf '\\001';" for word in drawn]
    script = tmp_path / "words.sh"
    script.write_bytes(b"put() { printf '%s\\001' \"$1\"; }\n" + b"\n".join(lines))
    out = subprocess.run(["bash", str(script)], capture_output=True, check=True).stdout
    expected = b"".join(word + b"\1" for word in drawn)
    assert out == expected + b"".join(word + b"\0\xff%d\1" for word in drawn)


def test_a_word_cannot_hold_a_zero_byte() -> None:
    with pytest.raises(ValueError, match="zero byte"):
        shell.quote(b"a\0b")


async def _shell(name: str, command: bytes, folder: Path) -> None:
    script = folder / "command.sh"
    script.write_bytes(command + b"\n")
    process = await asyncio.create_subprocess_exec(
        name, str(script), cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        env={"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "LC_ALL": "C.UTF-8", "HOME": str(folder)},
    )  # fmt: skip
    _, error = await asyncio.wait_for(process.communicate(), 20)
    assert process.returncode == 0, error.decode()


def _comparable(headers: tuple[tuple[bytes, bytes], ...]) -> list[tuple[bytes, bytes]]:
    """Without what curl must place itself: the length and the host."""
    return [pair for pair in headers if pair[0].lower() not in (b"content-length", b"host")]
