"""The streams, what they can show, exit codes, and the one form that errors have."""

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TextIO

from hookcli.errors import (
    AuthError,
    ConfigError,
    HookcliError,
    NotFoundError,
    RelayError,
    StoreError,
    TargetError,
    UsageError,
    WaitError,
)


class ExitCode(IntEnum):
    """How a command ended; `hookcli help exit-codes` prints this table."""

    YES = 0
    NO = 1
    USAGE = 2
    RELAY = 3
    AUTH = 4
    NOT_FOUND = 5
    TARGET = 6
    WAITED = 7
    BUG = 70
    HUNG_UP = 129
    INTERRUPTED = 130
    READER_GONE = 141
    TERMINATED = 143


MEANINGS: Mapping[ExitCode, str] = {
    ExitCode.YES: "done, and the answer is yes",
    ExitCode.NO: "done, and the answer is no: not as expected, different, badly signed, not written",
    ExitCode.USAGE: "usage or configuration: unknown flag, bad filter, a question without a terminal",
    ExitCode.RELAY: "the relay is unreachable, or refuses",
    ExitCode.AUTH: "not authenticated: a token is missing, unknown or revoked",
    ExitCode.NOT_FOUND: "no such thing: nothing matches, or a prefix matches several",
    ExitCode.TARGET: "the target is unreachable: refused, timed out, TLS",
    ExitCode.WAITED: "waited in vain: wait --timeout, listen --count --for",
    ExitCode.BUG: "a bug in hookcli; a report file is named",
    ExitCode.HUNG_UP: "hung up (SIGHUP)",
    ExitCode.INTERRUPTED: "interrupted (^C)",
    ExitCode.READER_GONE: "the reader of stdout went away (SIGPIPE), as with `| head`",
    ExitCode.TERMINATED: "terminated (SIGTERM)",
}

_CODES: tuple[tuple[type[HookcliError], ExitCode], ...] = (
    (UsageError, ExitCode.USAGE),
    (ConfigError, ExitCode.USAGE),
    (AuthError, ExitCode.AUTH),
    (NotFoundError, ExitCode.NOT_FOUND),
    (TargetError, ExitCode.TARGET),
    (RelayError, ExitCode.RELAY),
    (WaitError, ExitCode.WAITED),
    (StoreError, ExitCode.USAGE),
)


def exit_code(error: HookcliError) -> ExitCode:
    """The code that a failure ends a command with."""
    if isinstance(error, StoreError) and isinstance(error.__cause__, OSError):
        return ExitCode.NO  # the disk said no; nothing that was typed is wrong
    return next((code for kind, code in _CODES if isinstance(error, kind)), ExitCode.NO)


_COERCED = ("C.UTF-8", "C.utf8", "UTF-8")
"""What Python itself sets LC_CTYPE to in the C locale (PEP 538)."""


@dataclass(slots=True, kw_only=True)
class Console:
    """Where a command reads, writes and looks for variables. Tests give their own."""

    stdin: TextIO = field(default_factory=lambda: sys.stdin)
    stdout: TextIO = field(default_factory=lambda: sys.stdout)
    stderr: TextIO = field(default_factory=lambda: sys.stderr)
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    color: str = "auto"
    """`auto`, `always` or `never`."""
    quiet: bool = False
    verbose: int = 0
    json: bool = False

    def ascii_only(self, stream: TextIO | None = None) -> bool:
        """Whether glyphs beyond ASCII would be garbled, or are not wanted."""
        if self.environ.get("HOOKCLI_ASCII", "0") not in ("", "0"):
            return True
        encoding = getattr(stream or self.stdout, "encoding", None) or "utf-8"
        if "utf" not in encoding.lower():
            return True
        # Python turns the C locale's ASCII into UTF-8 (PEP 540); the terminal does not follow.
        plain = ("C", "POSIX")
        get = self.environ.get
        if (lang := get("LANG")) in plain and get("LC_CTYPE") in _COERCED:
            return get("LC_ALL", "") in ("", *plain)  # what LANG says was overruled by Python
        return (get("LC_ALL") or get("LC_CTYPE") or lang) in plain

    def colors(self, stream: TextIO | None = None) -> bool:
        """Whether colour may be written: on a terminal, unless somebody said otherwise."""
        if self.color != "auto":
            return self.color == "always"
        get = self.environ.get
        if get("NO_COLOR"):
            return False
        forced = next((v for n in ("CLICOLOR_FORCE", "FORCE_COLOR") if (v := get(n))), "0")
        if forced not in ("0", "false"):
            return True
        if get("CLICOLOR") == "0" or get("TERM", "dumb") == "dumb":
            return False
        return is_terminal(stream or self.stdout)

    def width(self) -> int | None:
        """The columns of stdout when it is a terminal; None into a pipe or file."""
        if not is_terminal(self.stdout):
            return None
        given = self.environ.get("COLUMNS", "")
        if given.isdigit() and int(given) > 0:
            return int(given)
        try:
            return os.get_terminal_size(self.stdout.fileno()).columns or 80
        except (OSError, ValueError):
            return 80

    def can_ask(self) -> bool:
        """Whether a question would reach somebody."""
        asked_not_to = self.environ.get("HOOKCLI_NO_PROMPT", "0") not in ("", "0")
        return not asked_not_to and is_terminal(self.stdin) and is_terminal(self.stderr)

    def ask(self, question: str) -> bool:
        """A yes or no question on stderr; anything but yes is no."""
        self.stderr.write(f"{self.encodable(question, self.stderr)} [y/N] ")
        self.stderr.flush()
        return self.stdin.readline().strip().lower() in ("y", "yes")

    def choose(self, question: str, words: Sequence[str], default: str) -> str:
        """A question on stderr that is answered by one of the words, or their beginning."""
        while True:
            self.stderr.write(f"{self.encodable(question, self.stderr)} [{'/'.join(words)}] ")
            self.stderr.flush()
            line = self.stdin.readline()
            answer = line.strip().lower() or default
            near = [word for word in words if word.startswith(answer)]
            if len(near) == 1:
                return near[0]
            if not line:
                return default

    def read_bytes(self) -> bytes:
        """All of stdin, as it is."""
        if (raw := getattr(self.stdin, "buffer", None)) is not None:
            data: bytes = raw.read()
            return data
        return self.stdin.read().encode("utf-8", "surrogateescape")

    def out(self, text: str) -> None:
        """One line of data."""
        self.stdout.write(self.encodable(text) + "\n")

    def out_bytes(self, data: bytes) -> None:
        """Data as it is, nothing added."""
        self.stdout.flush()
        if (raw := getattr(self.stdout, "buffer", None)) is not None:
            raw.write(data)
            raw.flush()
        else:
            self.stdout.write(data.decode("latin-1"))

    def say(self, text: str) -> None:
        """One line of talk; `-q` leaves it out."""
        if not self.quiet:
            self.err(text)

    def err(self, text: str) -> None:
        """One line on stderr, whatever was asked for."""
        self.stderr.write(self.encodable(text, self.stderr) + "\n")
        self.stderr.flush()

    def notice(self, text: str, *hints: str) -> None:
        """Something worth knowing that is not what was asked for."""
        if self.json:
            self._notice_record("info", "notice", text, hints)
            return
        self.say(f"notice: {text}")
        for hint in hints:
            self.say(f"  try: {hint}")

    def fail(self, error: HookcliError) -> ExitCode:
        """Tell a failure; its exit code."""
        if self.json:
            self._notice_record("error", type(error).__name__, error.message, _hints(error), error)
            return exit_code(error)
        paint = (lambda text: f"\x1b[31m{text}\x1b[0m") if self.colors(self.stderr) else str
        self.err(f"{paint('error:')} {_shown(error.message)}")
        for line in error.why:
            self.err(f"  {_shown(line)}")
        if error.hint:
            self.err(f"  try: {_shown(error.hint)}")
        if self.verbose:
            for line in _causes(error):
                self.err(f"  caused by: {_shown(line)}")
        return exit_code(error)

    def _notice_record(
        self,
        level: str,
        code: str,
        text: str,
        hints: tuple[str, ...],
        error: HookcliError | None = None,
    ) -> None:
        if level != "error" and self.quiet:
            return
        from hookcli.cli.render.ndjson import dumped, notice

        why = error.why if error else ()
        self.err(dumped(notice(level, code, "; ".join((text, *why)), " · ".join(hints))))

    def encodable(self, text: str, stream: TextIO | None = None) -> str:
        """The text with every character that the stream cannot show replaced by one that it can."""
        if text.isascii() or not self.ascii_only(stream):
            return text
        return text.translate(_PLAIN).encode("ascii", "backslashreplace").decode()


_PLAIN = str.maketrans(
    {
        "→": "->",
        "←": "<-",
        "…": "...",
        "·": "-",
        "×": "x",
        "–": "-",
        "—": "-",
        "“": '"',
        "”": '"',
        "’": "'",
        "✓": "ok",
        "✗": "FAIL",
        "◐": "o",
        "●": "*",
        "○": "o",
        "±": "+-",
        "µ": "u",
    }
)


def is_terminal(stream: TextIO) -> bool:
    """Whether somebody looks at this stream; a closed one is nobody's."""
    try:
        return stream.isatty()
    except (AttributeError, ValueError):
        return False


def _hints(error: HookcliError) -> tuple[str, ...]:
    return (error.hint,) if error.hint else ()


def _causes(error: BaseException) -> list[str]:
    found: list[str] = []
    cause = error.__cause__ or error.__context__
    while cause is not None and len(found) < 5:
        found.append(f"{type(cause).__name__}: {cause}")
        cause = cause.__cause__ or cause.__context__
    return found


def _shown(text: str) -> str:
    # Names of captures, paths and relay answers may carry what a stranger wrote.
    if text.isascii() and text.isprintable():
        return text
    from hookcli.captures.display import display_text

    return "\n".join(display_text(line) for line in text.split("\n"))
