"""Real webhook bodies, and one of each awkward kind.

The GitHub payloads come from the npm package `@octokit/webhooks-examples`, installed with npm into
a cache folder outside the repository; nothing of it is committed. `HOOKCLI_CORPUS_CACHE` moves it.
"""

import functools
import gzip
import hashlib
import hmac
import json
import os
import pwd
import random
import shutil
import subprocess
import urllib.parse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PACKAGE = "@octokit/webhooks-examples@7.6.1"
SECRET = b"the secret of the corpus"


class CorpusMissingError(RuntimeError):
    """The payloads are not here and cannot be fetched; the text says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One webhook: what would be sent, apart from the connection's own fields."""

    name: str
    event: str
    content_type: str
    body: bytes
    encoding: str = ""
    """The Content-Encoding, if any; `body` is already encoded."""
    framing: str = "length"
    """`length`, `chunked` or `none`, as in `rawhttp.request`."""

    def headers(self, secret: bytes = SECRET) -> list[tuple[bytes, bytes]]:
        """The fields that GitHub sends, in its order and spelling, signed over the raw body."""
        delivery = hashlib.md5(self.name.encode(), usedforsecurity=False).hexdigest()
        pairs = [
            (b"User-Agent", b"GitHub-Hookshot/%s" % delivery[:7].encode()),
            (b"Accept", b"*/*"),
            (b"X-GitHub-Delivery", delivery.encode()),
            (b"X-GitHub-Event", self.event.encode()),
            (b"X-Hub-Signature-256", sign(self.body, secret)),
        ]
        if self.content_type:
            pairs.append((b"content-type", self.content_type.encode()))
        if self.encoding:
            pairs.append((b"Content-Encoding", self.encoding.encode()))
        return pairs


def sign(body: bytes, secret: bytes = SECRET) -> bytes:
    """GitHub's X-Hub-Signature-256: HMAC-SHA256 in hex over the raw bytes."""
    return b"sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest().encode()


def cache() -> Path:
    """Where the package is kept. The home of the password database: tests move `HOME`."""
    named = os.environ.get("HOOKCLI_CORPUS_CACHE")
    home = Path(pwd.getpwuid(os.getuid()).pw_dir)
    return Path(named) if named else home / ".cache" / "hookcli-corpus"


def _index() -> Path:
    folder = cache()
    path = folder / "node_modules/@octokit/webhooks-examples/api.github.com/index.json"
    if path.exists():
        return path
    npm = shutil.which("npm")
    if npm is None:
        raise CorpusMissingError(
            f"the corpus needs npm once to fetch {PACKAGE} into {folder}: "
            "apt-get install npm, or set HOOKCLI_CORPUS_CACHE to a folder that holds it"
        )
    folder.mkdir(parents=True, exist_ok=True)
    flags = ["--prefix", str(folder), "--no-audit", "--no-fund", "--ignore-scripts"]
    done = subprocess.run(
        [npm, "install", *flags, PACKAGE], capture_output=True, text=True, timeout=300, check=False
    )
    if done.returncode or not path.exists():
        raise CorpusMissingError(f"npm could not fetch {PACKAGE}:\n{done.stderr[-2000:]}")
    return path


@functools.cache
def payloads() -> tuple[tuple[str, dict[str, Any]], ...]:
    """Every (event, payload) of the package, in its order."""
    index = json.loads(_index().read_text(encoding="utf-8"))
    return tuple((event["name"], example) for event in index for example in event["examples"])


def compact(value: object) -> bytes:
    """JSON as GitHub writes it: no spaces, raw UTF-8."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def github() -> list[Example]:
    """Every payload of the package as GitHub sends it."""
    return [
        Example(
            name=f"github-{at}-{event}",
            event=event,
            content_type="application/json",
            body=compact(payload),
        )
        for at, (event, payload) in enumerate(payloads())
    ]


def spellings() -> list[Example]:
    """Every payload again as others write it: indented, escaped, as a form, gzipped, in chunks."""
    made: list[Example] = []
    for example in github():
        value = json.loads(example.body)
        indented = json.dumps(value, indent=2).encode()
        escaped = json.dumps(value, separators=(",", ":")).replace("/", "\\/").encode()
        form = b"payload=" + urllib.parse.quote_plus(example.body).encode()
        zipped = gzip.compress(example.body, mtime=0)
        made += [
            _variant(example, "indented", body=indented + b"\n"),
            _variant(example, "escaped", body=escaped),
            _variant(example, "form", body=form, kind="application/x-www-form-urlencoded"),
            _variant(example, "gzip", body=zipped, encoding="gzip"),
            _variant(example, "chunked", body=example.body, framing="chunked"),
        ]
    return made


def _variant(
    of: Example,
    name: str,
    *,
    body: bytes,
    kind: str = "application/json",
    encoding: str = "",
    framing: str = "length",
) -> Example:
    return Example(
        name=f"{of.name}-{name}",
        event=of.event,
        content_type=kind,
        body=body,
        encoding=encoding,
        framing=framing,
    )


def awkward() -> list[Example]:
    """One of each kind that tools in this field are known to break."""
    every_byte = bytes(range(256))
    noise = random.Random(7).randbytes(300_000)
    multipart = (
        b'--zz\r\nContent-Disposition: form-data; name="f"; filename="a.bin"\r\n\r\n'
        + every_byte
        + b"\r\n--zz--\r\n"
    )
    form = b"token=abc&text=hello+world&x=%7B%7D&x=2&empty="
    xml = b"<?xml version='1.0'?>\r\n<a b='1'/>\r\n"
    latin = "née à Zürich\n".encode("latin-1")
    rows: list[tuple[str, str, bytes, str, str]] = [
        ("form", "application/x-www-form-urlencoded", form, "", "length"),
        ("multipart", "multipart/form-data; boundary=zz", multipart, "", "length"),
        ("xml", "application/xml", xml, "", "length"),
        ("gzip", "application/json", gzip.compress(b'{"a":1}' * 50, mtime=0), "gzip", "length"),
        ("not-gzip", "application/json", b"this is not gzip", "gzip", "length"),
        ("binary", "application/octet-stream", every_byte * 4, "", "length"),
        ("noise", "application/octet-stream", noise, "", "chunked"),
        ("latin-1", "text/plain; charset=iso-8859-1", latin, "", "length"),
        ("invalid-utf8", "application/json", b'{"name":"\xff\xfe\xc3("}', "", "length"),
        ("json-list", "application/json", b'[{"event":"open"},{"event":"click"}]', "", "length"),
        ("json-numbers", "application/json", b'{"a":1.0,"b":1e3,"a":-0.0}\n', "", "length"),
        ("json-broken", "application/json", b'{"a":', "", "length"),
        ("cloudevent", "application/cloudevents+json", b'{"specversion":"1.0"}', "", "length"),
        ("chunked", "application/json", b'{"chunked":true}' * 400, "", "chunked"),
        ("no-type", "", b"raw", "", "length"),
        ("empty", "application/json", b"", "", "length"),
        ("empty-chunked", "application/json", b"", "", "chunked"),
        ("no-body", "", b"", "", "none"),
    ]
    return [
        Example(name=n, event="ping", content_type=t, body=b, encoding=e, framing=f)
        for n, t, b, e, f in rows
    ]
