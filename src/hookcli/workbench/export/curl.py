"""A capture as a curl command that sends the same bytes.

curl's own fields are switched off unless they were captured; what belongs to the connection
(Connection, Transfer-Encoding, Content-Length) curl writes anew.
"""

import re

from hookcli.wire.headers import Headers, end_to_end, first
from hookcli.wire.http import Request
from hookcli.workbench.export import shell

PLAIN = re.compile(
    rb"(?:/(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-F]{2})*)?"
    rb"(?:\?(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-F]{2})+)?"
)
"""A target that tools send as it is given to them."""
_DOTS = re.compile(rb"/\.\.?(?:/|$)")
_ORIGIN = re.compile(r"(?P<origin>[a-z]+://[^/?#]*)(?P<path>[^?#]*)")
# Above 1 MiB curl asks first whether the body is wanted.
_EXPECTS_ABOVE = 1_000_000


def command(request: Request, *, to: str = "", body_file: str = "") -> bytes:
    """The command line, without a line end; to `to` instead of the URL that was called.

    A body that cannot stand in it is read from `body_file`, or comes through a pipe from printf.
    """
    before = b""
    data: list[list[bytes]] = []
    if request.body and not shell.inline(request.body):
        if body_file:
            data = [[b"--data-binary", shell.quote(b"@" + body_file.encode())]]
        else:
            before, data = shell.printf(request.body) + b" | ", [[b"--data-binary", b"@-"]]
    elif request.body or first(request.headers, b"content-length") is not None:
        # --data-binary would take a leading @ for the name of a file.
        flag = b"--data-raw" if request.body.startswith(b"@") else b"--data-binary"
        data = [[flag, shell.quote(request.body) if request.body else b"''"]]
    words = [[b"curl", *_method(request.method, bool(data))], *_url(request, to)]
    words += [[b"-H", shell.quote(field)] for field in _fields(request, to, bool(data))]
    return before + b" \\\n  ".join(b" ".join(part) for part in [*words, *data])


def _method(method: str, has_data: bool) -> list[bytes]:
    if method == "HEAD" and not has_data:
        return [b"--head"]
    if method == "GET" and not has_data:
        return []
    return [b"-X", shell.quote(method.encode())]


def _url(request: Request, to: str) -> list[list[bytes]]:
    base = (to or request.url).rstrip("/")
    extra: list[list[bytes]] = []
    if base.startswith("https:"):
        extra.append([b"--http1.1"])
    if PLAIN.fullmatch(request.target) and _ORIGIN.match(base):
        if _DOTS.search(request.path):
            extra.append([b"--path-as-is"])
        return [[shell.quote(base.encode() + request.target)], *extra]
    match = _ORIGIN.match(base)
    origin, path = (match["origin"], match["path"]) if match else (base, "")
    whole = path.encode() + request.target
    whole = whole if whole.startswith(b"/") else b"/" + whole
    return [
        [shell.quote(origin.encode() + b"/")],
        [b"--request-target", shell.quote(whole)],
        *extra,
    ]


def _fields(request: Request, to: str, has_data: bool) -> list[bytes]:
    headers: Headers = end_to_end(request.headers)
    base = _ORIGIN.match(to or request.url)
    authority = base["origin"].partition("://")[2].encode() if base else b""
    lines: list[bytes] = []
    for name, value in headers:
        lower = name.lower()
        if lower == b"content-length" or (lower == b"host" and value == authority):
            continue
        lines.append(name + b": " + value if value else name + b";")
    own = [b"Host", b"User-Agent", b"Accept"]
    own += [b"Content-Type"] if has_data else []
    own += [b"Expect"] if len(request.body) > _EXPECTS_ABOVE else []
    return lines + [name + b":" for name in own if first(headers, name.lower()) is None]
