"""A curl command line as the request that curl would send. Nothing is run.

Options that shape the request are followed, those that only concern curl's own doings are passed
over, and an option that is not known is named rather than guessed. What curl adds by itself is
added where a receiver would miss it: Host, Content-Length, and the Content-Type of `-d`; `Accept`
and `User-Agent` are not.
"""

import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from hookcli.errors import UsageError
from hookcli.wire.headers import Headers, first
from hookcli.wire.http import Request
from hookcli.workbench import formtext
from hookcli.workbench.imports.item import Imported
from hookcli.workbench.imports.parts import authority, behind, split
from hookcli.workbench.imports.words import Mark, printf, words

ReadFile = Callable[[str], bytes]
"""Gives the content of a file that `@name` refers to."""

_LONG = {
    "-X": "--request", "-H": "--header", "-d": "--data", "-A": "--user-agent", "-e": "--referer",
    "-b": "--cookie", "-u": "--user", "-G": "--get", "-I": "--head", "-T": "--upload-file",
    "-F": "--form", "-o": "--output", "-m": "--max-time", "-x": "--proxy", "-w": "--write-out",
    "-D": "--dump-header", "-c": "--cookie-jar", "-E": "--cert", "-r": "--range", "-s": "--silent",
    "-S": "--show-error", "-v": "--verbose", "-i": "--include", "-k": "--insecure", "-q": "--disable",
    "-L": "--location", "-f": "--fail", "-g": "--globoff", "-N": "--no-buffer", "-4": "--ipv4",
    "-6": "--ipv6", "-O": "--remote-name", "-#": "--progress-bar", "-a": "--append", "-0": "--http1.0",
}  # fmt: skip
_DATA = ("--data", "--data-ascii", "--data-binary", "--data-raw", "--data-urlencode", "--json")
_VALUED = frozenset(
    {"--request", "--header", "--user-agent", "--referer", "--cookie", "--user", "--url"}
    | {"--request-target", "--oauth2-bearer", *_DATA}
)
_IGNORED_VALUED = frozenset(
    {"--output", "--max-time", "--connect-timeout", "--proxy", "--write-out", "--dump-header"}
    | {"--cookie-jar", "--cert", "--key", "--cacert", "--resolve", "--connect-to", "--retry"}
    | {
        "--retry-delay",
        "--retry-max-time",
        "--trace",
        "--trace-ascii",
        "--limit-rate",
        "--max-redirs",
    }
    | {"--interface", "--stderr", "--ciphers", "--speed-limit", "--speed-time", "--output-dir"}
)
_IGNORED = frozenset(
    {"--silent", "--show-error", "--verbose", "--include", "--insecure", "--location", "--fail"}
    | {"--fail-with-body", "--globoff", "--no-buffer", "--ipv4", "--ipv6", "--remote-name"}
    | {"--progress-bar", "--http1.1", "--http2", "--http2-prior-knowledge", "--path-as-is"}
    | {
        "--no-progress-meter",
        "--disable",
        "--tlsv1.2",
        "--tlsv1.3",
        "--compressed-ssh",
        "--no-keepalive",
    }
)
_FLAGS = frozenset({"--get", "--head", "--compressed", "--http1.0"})


@dataclass(slots=True)
class _Command:
    urls: list[bytes] = field(default_factory=list)
    method: str = ""
    fields: list[bytes] = field(default_factory=list)
    """As given with -H: `Name: value`, `Name;` for an empty one, `Name:` for none."""
    own: list[tuple[bytes, bytes]] = field(default_factory=list)
    """Fields of options of their own; a -H of the same name wins."""
    data: list[bytes] = field(default_factory=list)
    has_data: bool = False
    json: bool = False
    target: bytes | None = None
    flags: set[str] = field(default_factory=set)


def read(text: bytes, *, base: str = "", read_file: ReadFile | None = None) -> Iterator[Imported]:
    """The requests, one a command; `base` is the endpoint's URL, where it is known.

    A body may come from `printf '…' |`, as `hookcli export curl` writes it, or through `read_file`.
    UsageError names what cannot be read.
    """
    for pipeline in _pipelines(text):
        standard_input = None
        if len(pipeline) == 2 and pipeline[0][:1] == [b"printf"] and len(pipeline[0]) == 2:
            standard_input = printf(pipeline.pop(0)[1])
        if len(pipeline) != 1:
            raise UsageError("a pipe cannot be read", hint="put the body into a file: -d @FILE")
        if pipeline[0][:1] != [b"curl"]:
            raise UsageError("the command does not begin with curl")
        command = _parsed(pipeline[0][1:], _files(standard_input, read_file))
        yield _imported(command, base)


def _pipelines(text: bytes) -> Iterator[list[list[bytes]]]:
    """The command lines: of each its commands, of each command its words."""
    pipeline: list[list[bytes]] = [[]]
    for word in words(text):
        if isinstance(word, bytes):
            pipeline[-1].append(word)
        elif word is Mark.PIPE:
            pipeline.append([])
        elif pipeline != [[]]:
            yield pipeline
            pipeline = [[]]
    if pipeline != [[]]:
        yield pipeline


def _imported(command: _Command, base: str) -> Imported:
    if len(command.urls) != 1:
        raise UsageError(f"the command has {len(command.urls)} URLs; one is wanted")
    try:
        url, target = split(command.urls[0], base)
    except ValueError as error:
        raise UsageError(str(error)) from None
    return Imported(
        request=_request(command, url, target, base),
        http_version="1.0" if "--http1.0" in command.flags else "1.1",
    )


def _files(standard_input: bytes | None, read_file: ReadFile | None) -> ReadFile:
    def read_named(name: str) -> bytes:
        if name == "-" and standard_input is not None:
            return standard_input
        if name == "-" or read_file is None:
            raise UsageError(f"the body stands in {name!r}, which cannot be read from here")
        return read_file(name)

    return read_named


def _parsed(arguments: list[bytes], read_file: ReadFile) -> _Command:
    command = _Command()
    rest = iter(arguments)
    for word in rest:
        if not word.startswith(b"-") or word == b"-":
            command.urls.append(word)
        elif word.startswith(b"--"):
            _option(command, word.decode("utf-8", "replace"), None, rest, read_file)
        else:
            _short(command, word, rest, read_file)
    return command


def _short(command: _Command, word: bytes, rest: Iterator[bytes], read_file: ReadFile) -> None:
    """`-sSX POST`, `-XPOST`: flags, then perhaps one option with its value."""
    for at in range(1, len(word)):
        letter = f"-{chr(word[at])}"
        name = _LONG.get(letter)
        if name is None:
            raise _unknown(letter)
        if name in _VALUED | _IGNORED_VALUED:
            _option(command, name, word[at + 1 :] or None, rest, read_file)
            return
        _option(command, name, None, rest, read_file)


def _option(
    command: _Command, name: str, value: bytes | None, rest: Iterator[bytes], read_file: ReadFile
) -> None:
    if name in _FLAGS:
        command.flags.add(name)
    elif name in _VALUED | _IGNORED_VALUED:
        given = next(rest, None) if value is None else value
        if given is None:
            raise UsageError(f"{name} has no value")
        if name in _DATA:
            _data(command, name, given, read_file)
        elif name in _VALUED:
            _valued(command, name, given)
    elif name not in _IGNORED:
        raise _unknown(name)


def _valued(command: _Command, name: str, value: bytes) -> None:
    match name:
        case "--url":
            command.urls.append(value)
        case "--request":
            command.method = value.decode("latin-1")
        case "--header":
            if value.startswith(b"@"):
                raise UsageError("headers from a file cannot be read", hint="write them with -H")
            command.fields.append(value)
        case "--request-target":
            command.target = value
        case "--user":
            command.own.append((b"Authorization", b"Basic " + base64.b64encode(value)))
        case "--oauth2-bearer":
            command.own.append((b"Authorization", b"Bearer " + value))
        case "--cookie":
            if b"=" not in value:
                raise UsageError("cookies from a file cannot be read", hint="-b 'name=value'")
            command.own.append((b"Cookie", value))
        case "--user-agent":
            command.own.append((b"User-Agent", value))
        case _:
            command.own.append((b"Referer", value))


def _data(command: _Command, name: str, value: bytes, read_file: ReadFile) -> None:
    from_file = value.startswith(b"@") and name not in ("--data-raw", "--data-urlencode")
    if from_file:
        value = read_file(value[1:].decode("utf-8", "surrogateescape"))
        if name in ("--data", "--data-ascii"):
            # Read from a file, curl strips these (curl(1), -d).
            value = value.translate(None, b"\r\n\0")
    elif name == "--data-urlencode":
        value = _urlencoded(value)
    if name == "--json":
        command.json = True
        command.data.append(value)
    else:
        # Pieces are joined by &, those of --json are not.
        command.data += [b"&", value] if command.data else [value]
    command.has_data = True


def _urlencoded(value: bytes) -> bytes:
    """`content`, `=content` or `name=content` (curl(1), --data-urlencode)."""
    name, sign, content = value.partition(b"=")
    if b"@" in name:
        raise UsageError("--data-urlencode from a file cannot be read", hint="--data-binary @FILE")
    encoded = formtext.encode(content if sign else value, b"%20")
    return name + b"=" + encoded if sign and name else encoded


def _request(command: _Command, url: str, target: bytes, base: str) -> Request:
    body = b"".join(command.data)
    if "--get" in command.flags and command.has_data:
        target += (b"&" if b"?" in target else b"?") + body
        body, command.has_data = b"", False
    if command.target is not None:
        known = behind(url.encode() + command.target, base)
        url, target = (url, command.target) if known is None else (base.rstrip("/"), known)
    if url != base.rstrip("/") and not target.startswith(b"/"):
        target = b"/" + target
    method = command.method or _method(command)
    headers = _headers(command, url, body)
    return Request(method=method, url=url, target=target, headers=headers, body=body)


def _method(command: _Command) -> str:
    if "--head" in command.flags:
        return "HEAD"
    return "POST" if command.has_data else "GET"


def _headers(command: _Command, url: str, body: bytes) -> Headers:
    given: list[tuple[bytes, bytes]] = []
    dropped: set[bytes] = set()
    for line in command.fields:
        name, colon, value = line.partition(b":")
        if colon and value.strip():
            given.append((name.strip(), value.strip(b" \t")))
        elif colon:
            dropped.add(name.strip().lower())
        elif line.endswith(b";"):
            given.append((line[:-1].strip(), b""))
    named = dropped | {name.lower() for name, _ in given}
    own = [pair for pair in command.own if pair[0].lower() not in named]
    own += [pair for pair in _added(command) if pair[0].lower() not in named]
    host = [] if b"host" in named else [(b"Host", authority(url))]
    headers = (*host, *given, *own)
    if command.has_data and first(headers, b"content-length") is None:
        headers = (*headers, (b"Content-Length", b"%d" % len(body)))
    return headers


def _added(command: _Command) -> list[tuple[bytes, bytes]]:
    if command.json:
        return [(b"Content-Type", b"application/json"), (b"Accept", b"application/json")]
    added = []
    if command.has_data:
        added.append((b"Content-Type", b"application/x-www-form-urlencoded"))
    if "--compressed" in command.flags:
        added.append((b"Accept-Encoding", b"deflate, gzip"))
    return added


def _unknown(option: str) -> UsageError:
    return UsageError(
        f"curl's {option} cannot be imported",
        hint="leave it out if it does not change the request; multipart: --data-binary @FILE",
    )
