"""One capture with all that is known of it, and the lines that tell it; pure."""

from dataclasses import dataclass, field

from hookcli.captures.model import Attempt, Capture, Outcome, SignatureState, Why
from hookcli.tui import words
from hookcli.tui.paint import Line, Piece, cut, left, length, right, spread, width_of, wrapped
from hookcli.tui.peek import answer_line, budget_role, told_words
from hookcli.tui.rows import Row
from hookcli.wire.headers import Headers, first

TABS = ("Request", "Response", "Attempts", "Signature", "Diff", "Raw")
IGNORED = ("id", "created", "header.date", "header.x-request-id")
"""What always differs between two events and says nothing."""
_SHORTER = (
    TABS,
    ("Request", "Response", "Attempts", "Sig", "Diff", "Raw"),
    ("Req", "Resp", "Att", "Sig", "Diff", "Raw"),
    ("Req", "Res", "Att", "Sig", "Dif", "Raw"),
)
"""The same with less room."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """What the detail shows."""

    capture: Capture
    body: bytes
    attempts: tuple[Attempt, ...] = ()
    budget_ms: float | None = None
    other: "Details | None" = field(default=None, compare=False)
    """What the diff compares with."""

    @property
    def last(self) -> Attempt | None:
        """The latest attempt."""
        return self.attempts[-1] if self.attempts else None


def content_type(headers: Headers) -> str:
    """The Content-Type for people and for choosing a view."""
    return (first(headers, b"content-type") or b"").decode("latin-1")


def tabs_line(row: Row | None, tab: int, width: int, *, ascii_only: bool) -> Line:
    """`❯1 Request    2 Response    3 Attempts 2    4 Signature ✓    5 Diff    6 Raw`."""
    line: Line = ()
    for gap, names in ((4, 0), (2, 0), (1, 0), (1, 1), (0, 1), (1, 2), (0, 2), (0, 3)):
        line = _tabs(row, tab, gap, _SHORTER[names], ascii_only=ascii_only)
        if length(line) <= width:
            break
    return line


def _tabs(row: Row | None, tab: int, gap: int, names: tuple[str, ...], *, ascii_only: bool) -> Line:
    pieces: list[Piece] = []
    for number, name in enumerate(names, 1):
        note = _tab_note(number, row, ascii_only=ascii_only)
        here = number == tab
        mark = (">" if ascii_only else "❯") if here else " "
        label = f"{mark}{number} {name}{note}"
        pieces += [Piece(label, "title" if here else "", f"act:tab-{number}"), Piece(" " * gap)]
    return tuple(pieces[:-1])


def _tab_note(number: int, row: Row | None, *, ascii_only: bool) -> str:
    if number == 3 and row is not None and row.attempts:
        return f" {row.attempts}"
    if number == 4 and row is not None:
        good, bad = ("+", "x") if ascii_only else ("✓", "✗")
        marks = {SignatureState.OK: good, SignatureState.BAD: bad, SignatureState.NEW: good,
                 SignatureState.STALE: "!", SignatureState.UNKNOWN: "?"}  # fmt: skip
        return f" {marks[row.sig]}" if row.sig in marks else ""
    return ""


def head_lines(row: Row, width: int, *, outcome: Line) -> list[Line]:
    """Two lines at the top of the detail when it stands beside the list."""
    what = f"{row.source} · {row.title}" if row.source else row.title
    seq = f"  seq {row.seq}" if row.seq is not None else ""
    name = row.id if width >= 76 else words.short(row.id)
    return [
        spread((Piece(f" {what}", "strong"),), (*outcome, Piece(" ")), width),
        (
            Piece(f" {name}{seq}  ", "dim"),
            Piece(cut(f"{row.method} {row.path}", max(width - len(name) - len(seq) - 4, 8))),
        ),
    ]


def request_title(capture: Capture, width: int, *, ascii_only: bool) -> Line:
    """`POST /webhooks/stripe?account=…        HTTP/1.1 · 203.0.113.9 · 14:32:31`."""
    dot = " - " if ascii_only else " · "
    version = f"HTTP/{capture.http_version}" if capture.http_version else ""
    facts = [version, capture.peer.rpartition(":")[0] or capture.peer,
             words.clock(capture.received_at)]  # fmt: skip
    end = dot.join(fact for fact in facts if fact)
    begin = (Piece(f" {capture.method} ", "strong"), Piece(capture.path))
    return spread(begin, (Piece(end + " ", "dim"),) if width >= 60 else (), width)


def response_title(attempt: Attempt, details: Details, *, ascii_only: bool) -> Line:
    """`500 Internal Server Error · 84 ms · attempt 2 of 2`."""
    dot = " - " if ascii_only else " · "
    role = "ok" if attempt.outcome is Outcome.RESPONDED and 200 <= attempt.status < 300 else "bad"
    facts = [words.long_span(attempt.ms), f"attempt {attempt.n} of {len(details.attempts)}",
             attempt.why.value, attempt.target.partition("://")[2] or attempt.target or "hookcli"]  # fmt: skip
    return (Piece(f" {outcome_title(attempt)}", role), Piece(dot + dot.join(facts), "dim"))


def short_outcome(attempt: Attempt) -> str:
    """`500`, `refused`."""
    return str(attempt.status) if attempt.status else attempt.outcome.value


def _status(attempt: Attempt) -> str:
    """What stands in a column of four cells."""
    return str(attempt.status) if attempt.status else words.NO_ANSWER[attempt.outcome]


def outcome_title(attempt: Attempt) -> str:
    """`500 Internal Server Error`, `connection refused`, …"""
    if attempt.outcome in (Outcome.RESPONDED, Outcome.TOO_LARGE) and attempt.status:
        text = f"{attempt.status} {attempt.reason.decode('latin-1')}".strip()
        return text + (
            " (cut: the answer is too large)" if attempt.outcome is Outcome.TOO_LARGE else ""
        )
    return attempt.error or attempt.outcome.value


def answer_lines(details: Details, row: Row, width: int, *, ascii_only: bool) -> list[Line]:
    """The answer in a few lines, under the request."""
    dash = "-" if ascii_only else "─"
    dot = " - " if ascii_only else " · "
    last = details.last
    if last is None:
        text = f"{dash * 3} no answer: not forwarded "
        return [(Piece(text, "dim"), Piece(dash * max(width - width_of(text), 0), "dim"))]
    role = "ok" if last.outcome is Outcome.RESPONDED and 200 <= last.status < 300 else "bad"
    kind = content_type(last.headers).partition(";")[0]
    facts = [
        fact for fact in (kind, words.long_size(last.body_size), words.long_span(last.ms)) if fact
    ]
    rest = f"{dot}{dot.join(facts)} "
    lines: list[Line] = [(
        Piece(f"{dash * 3} answer ", "dim"), Piece(short_outcome(last), role), Piece(rest, "dim"),
        Piece(dash * 300, "dim"),
    )]  # fmt: skip
    lines += [(Piece(f"   {part}"),) for part in wrapped(answer_line(last), max(width - 4, 20), 2)]
    end: list[Piece] = [Piece("   "), Piece(told_words(row), "dim")] if told_words(row) else []
    if details.budget_ms and not row.parent:
        room, full = 10, min(int(last.ms / details.budget_ms * 10 + 0.99), 10)
        done, left_over = ("#", ".") if ascii_only else ("█", "░")
        role = budget_role(last.ms, details.budget_ms) or "dim"
        text = f"budget {words.long_span(last.ms)} of {words.long_span(details.budget_ms)} "
        end += [Piece(dot if end else "   ", "dim"), Piece(text, role),
                Piece(done * full + left_over * (room - full), role)]  # fmt: skip
    return [*lines, tuple(end)] if end else lines


# Attempts


@dataclass(frozen=True, slots=True, kw_only=True)
class _Table:
    """The columns of the attempts for a width."""

    when: int
    target: int
    timing: bool
    ascii_only: bool

    @classmethod
    def of(cls, width: int, *, ascii_only: bool) -> "_Table":
        timing = width >= 72
        target = 20 if width >= 84 else 10 if width >= 52 else 0
        return cls(
            when=12 if width >= 60 else 8, target=target, timing=timing, ascii_only=ascii_only
        )

    def heading(self) -> Line:
        """The names of the columns."""
        where = f"{left('TARGET', self.target)} " if self.target else ""
        timing = f"{'dns':>4} {'conn':>4} {'wait':>4} {'body':>4}  " if self.timing else ""
        text = f"  {'#':>3}  {left('WHEN', self.when)}  {left('WHY', 8)} {where}{'ST':>4} {'TOTAL':>8}  "
        return (Piece(f"{text}{timing}{'=' if self.ascii_only else 'Δ'}", "dim"),)

    def line(self, attempt: Attempt, before: Attempt | None, marked: int) -> Line:
        """One attempt."""
        good = attempt.outcome is Outcome.RESPONDED and 200 <= attempt.status < 300
        same = ""
        if before is not None:
            same = "=" if same_answer(before, attempt) else "#" if self.ascii_only else "≠"
        when = words.clock(attempt.started_at, millis=self.when > 8)
        where = f"{left(short_target(attempt.target), self.target)} " if self.target else ""
        t = attempt.timing
        timing = f"{_ms(t.dns):>4} {_ms(t.connect):>4} {_ms(t.wait):>4} {_ms(t.read):>4}  "
        return (
            Piece(" "), Piece("*" if attempt.n == marked else " ", "accent"),
            Piece(f"{attempt.n:>3}  "), Piece(f"{when}  ", "dim"),
            Piece(f"{left('hookcli' if attempt.why is Why.HANDSHAKE else attempt.why.value, 8)} {where}"),
            Piece(right(_status(attempt), 4), "ok" if good else "bad"),
            Piece(f" {right(words.long_span(attempt.ms), 8)}  "),
            Piece(timing if self.timing else "", "dim"),
            Piece(same, "dim" if same == "=" else "accent"),
        )  # fmt: skip


def short_target(target: str) -> str:
    """`:8000` for this machine, else host and port."""
    where = target.partition("://")[2] or target
    local = where.startswith(("localhost:", "127.0.0.1:"))
    return f":{where.partition(':')[2]}" if local else where


def attempt_rows(
    details: Details, width: int, marked: int, *, ascii_only: bool
) -> tuple[list[Line], list[int]]:
    """The table of attempts, and which of its lines can be chosen."""
    table = _Table.of(width, ascii_only=ascii_only)
    lines: list[Line] = [table.heading()]
    choices: list[int] = []
    before: Attempt | None = None
    for attempt in details.attempts:
        choices.append(len(lines))
        lines.append(table.line(attempt, before, marked))
        before = attempt
    if not details.attempts:
        text = "   No attempt was made: captured, not forwarded. r sends it."
        lines.append((Piece(text, "dim"),))
    return lines, choices


def _ms(value: float | None) -> str:
    return "-" if value is None else words.span(value)


def same_answer(a: Attempt, b: Attempt) -> bool:
    """The same status and the same bytes."""
    return (a.outcome, a.status, a.body) == (b.outcome, b.status, b.body)


def compared(a: Attempt, b: Attempt, width: int, *, ascii_only: bool) -> list[Line]:
    """What differs between two attempts of one capture, `a` the earlier."""
    dash = "-" if ascii_only else "─"
    arrow = " -> " if ascii_only else " → "
    title = f"{dash * 3} attempt {b.n} compared with {a.n} "
    lines: list[Line] = [(), (Piece(title + dash * max(width - len(title), 0), "dim"),)]

    def fact(name: str, old: str, new: str) -> None:
        lines.append(
            (
                Piece(f"   {name:<11}", "dim"),
                Piece(f"{old}{arrow}{new}" if old != new else f"{old}, the same"),
            )
        )

    fact("status", short_outcome(a), short_outcome(b))
    fact("time", words.long_span(a.ms), words.long_span(b.ms))
    if a.target != b.target:
        fact("target", a.target, b.target)
    lines += _header_changes(a.headers, b.headers, arrow)
    fact("body", words.long_size(a.body_size), words.long_size(b.body_size))
    if a.body != b.body:
        lines.append((Piece("                 - ", "bad"), Piece(answer_line(a) or "(empty)")))
        lines.append((Piece("                 + ", "ok"), Piece(answer_line(b) or "(empty)")))
    return lines


_NOISE = {b"date", b"content-length", b"connection", b"keep-alive"}


def _header_changes(a: Headers, b: Headers, arrow: str) -> list[Line]:
    old = {name.lower(): value for name, value in a}
    new = {name.lower(): value for name, value in b}
    out: list[Line] = []
    for name in dict.fromkeys([*old, *new]):
        if name in _NOISE or old.get(name) == new.get(name):
            continue
        before = old.get(name, b"(absent)").decode("latin-1")
        after = new.get(name, b"(absent)").decode("latin-1")
        out.append(
            (
                Piece("   header     ", "dim"),
                Piece(f"{name.decode('latin-1')}: {before}{arrow}{after}"),
            )
        )
    return out


def sender_line(details: Details, row: Row) -> Line:
    """What the sender saw, in one line."""
    text = told_words(row)
    if not text:
        return ()
    budget = ""
    if details.budget_ms:
        budget = f" (budget {words.long_span(details.budget_ms)})"
    when = f" after {words.long_span(details.capture.told.ms)}" if details.capture.told else ""
    return (Piece(f"   The {text}{when}{budget}.", "dim"),)
