"""A capture as an HTTPie command.

HTTPie writes URLs anew (`%2f` becomes `%2F`) and takes only text for a field: what it would change is
refused here with a UsageError, and curl sends it.
"""

import re

from hookcli.errors import UsageError
from hookcli.wire.headers import end_to_end, first
from hookcli.wire.http import Request
from hookcli.workbench import media
from hookcli.workbench.export import shell
from hookcli.workbench.export.curl import PLAIN

_OWN = (b"User-Agent", b"Accept", b"Accept-Encoding", b"Content-Type")
# Inside a value a backslash before one of HTTPie's separators cannot be written.
_LOST = re.compile(rb"\\[:;=@]")


def command(request: Request, *, to: str = "", body_file: str = "") -> bytes:
    """The command line, without a line end; to `to` instead of the URL that was called."""
    _check(request)
    before, after, raw = b"", b"", []
    if request.body and not (shell.inline(request.body) and media.is_utf8(request.body)):
        if body_file:
            after = b" \\\n  < " + shell.quote(body_file.encode())
        else:
            before = shell.printf(request.body) + b" | "
    else:
        raw = [b"--ignore-stdin"]
        if request.body:
            raw.append(b"--raw=" + shell.quote(request.body))
    url = shell.quote((to or request.url).rstrip("/").encode() + request.target)
    start = b" ".join([b"http", b"--path-as-is", *raw, shell.quote(request.method.encode()), url])
    headers = end_to_end(request.headers)
    items = [_item(name, value) for name, value in headers if name.lower() != b"content-length"]
    items += [name + b":" for name in _OWN if first(headers, name.lower()) is None]
    return before + b" \\\n  ".join([start, *(shell.quote(item) for item in items)]) + after


def _check(request: Request) -> None:
    for what, sent in (
        (f"the method {request.method}", request.method.isalpha()),
        ("this path and query as they are", PLAIN.fullmatch(request.target)),
    ):
        if not sent:
            raise UsageError(f"HTTPie cannot send {what}", hint="hookcli export curl")


def _item(name: bytes, value: bytes) -> bytes:
    if _LOST.search(value) or not media.is_utf8(value):
        field = name.decode("latin-1")
        raise UsageError(f"HTTPie cannot send the value of {field}", hint="hookcli export curl")
    if not value:
        return name + b";"
    # `:=` and `:@` mean something else to HTTPie than a value with this beginning.
    return name + b":" + (b"\\" if value[:1] in (b"=", b"@") else b"") + value
