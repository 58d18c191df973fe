"""The two screens before the first event: live, and with nothing configured; pure."""

from hookcli.tui import words
from hookcli.tui.header import target_sentence
from hookcli.tui.link import Link
from hookcli.tui.paint import Line, Piece, left, width_of, wrapped


def empty_lines(
    link: Link, now: float, width: int, *, sample: str, earlier: int, ascii_only: bool
) -> list[Line]:
    """What to do to get a first event; `sample` is the command that sends one."""
    if link.ready is None:
        return _connecting(link, now)
    if link.ready.local:
        return _local(link, width, sample=sample, earlier=earlier, ascii_only=ascii_only)
    return _live(link, width, sample=sample, earlier=earlier, ascii_only=ascii_only)


def hello(url: str, path: str = "/hello") -> str:
    """A curl line that sends a first event."""
    return f"""curl {url}{path} -d '{{"hello":"world"}}'"""


def _beside(text: str, hint: str, width: int, role: str = "") -> list[Line]:
    """A text and at the right how to copy it; on a line of its own if the text needs its own."""
    room = max(width - len(hint) - 4, 20)
    if width_of(text) < room:
        return [(Piece(left(text, room), role), Piece(hint, "dim"))]
    return [(Piece(text, role),), (Piece(" " * room), Piece(hint, "dim"))]


def _line(indent: str, url: str, path: str, width: int) -> list[str]:
    """The curl line; where it is too long, over two lines as a shell takes them."""
    whole = f"{indent}{hello(url, path)}"
    if width_of(whole) <= width:
        return [whole]
    first, _, rest = whole.partition(" -d ")
    return [f"{first} \\", f"{indent}  -d {rest}"]


def _urls(link: Link, width: int) -> list[Line]:
    """The URL; of several endpoints each, with its name."""
    if not link.several:
        return [*_beside("   Your webhook URL", "(u copies it)", width), (),
                _row(f"     {link.url}", "accent")]  # fmt: skip
    column = max(map(width_of, link.several.values()))
    urls = [
        (Piece(f"     {left(one.name or one.endpoint, column)}  "), Piece(one.url, "accent"))
        for one in link.readies
    ]
    return [*_beside("   Your webhook URLs", "(u copies them)", width), (), *urls]


def _row(text: str = "", role: str = "") -> Line:
    return (Piece(text, role),) if text else ()


def _connecting(link: Link, now: float) -> list[Line]:
    if link.phase == "none":
        return [(), _row("   No captures in this store yet.", "strong"), (),
                _row("   hookcli listen 8000   receives webhooks and forwards them to localhost:8000"),
                _row("   hookcli import FILE   reads har, curl, http and ndjson")]  # fmt: skip
    state = link.state(now)
    if state == "ended":
        return [(), _row("   Nothing is being received any more.", "bad"), (),
                *(_row(f"   {part}") for part in wrapped(link.reason, 70, 4)), (),
                _row("   H shows what was captured in earlier runs; q leaves.")]  # fmt: skip
    if state == "lost":
        return [(), _row(f"   The relay cannot be reached: {link.reason or 'no answer'}.", "bad"), (),
                _row("   It is tried again and again; L shows the log, ctrl+t tries now.")]  # fmt: skip
    return [(), _row("   Connecting to the relay.")]


def _checks(link: Link, earlier: int, *, ascii_only: bool) -> list[Line]:
    good, open_ = ("+", "o") if ascii_only else ("✓", "○")
    trip = f" in {link.round_trip_ms:.0f} ms" if link.round_trip_ms is not None else ""
    out: list[Line] = [(Piece(f"   {good} ", "ok"), Piece(f"relay reached{trip}"))]
    for target in link.targets.values():
        up = target.state == "up"
        mark = Piece(f"   {good} ", "ok") if up else Piece(f"   {open_} ", "wait")
        out.append((mark, Piece(target_sentence(target))))
    hint = "  (H shows them)" if earlier else ""
    runs = f"{words.plural(earlier, 'capture')} from earlier runs" if earlier else "no captures yet"
    out.append((Piece(f"   {good} ", "ok"), Piece(runs), Piece(hint, "dim")))
    return out


def _live(link: Link, width: int, *, sample: str, earlier: int, ascii_only: bool) -> list[Line]:
    ready = link.ready
    assert ready is not None  # noqa: S101 - the caller asked
    width = min(width, 96)
    target = next(iter(link.targets), "")
    forwarded = f" and forwarded to {target}" if target else ""
    days = ready.retention_s // 86400
    curl = _line("        ", ready.url, "/hello", width)
    kept = f"{days} days" if days > 1 else f"{ready.retention_s // 3600} hours"
    return [
        (),
        *_urls(link, width), (),
        _row("   1  Paste it into your provider's dashboard, or try it from another terminal:"), (),
        *(_row(part, "strong") for part in curl[:-1]),
        *_beside(curl[-1], "(y copies the curl)", width, "strong"), (),
        *_beside("   2  Or send a sample now:", "(t picks one and sends it)", width), (),
        _row(f"        {sample}", "strong"), (),
        _row(f"   Requests are captured here{forwarded}."),
        _row(f"   Nothing is lost while you are away: the relay keeps events for {kept}."), (),
        *_checks(link, earlier, ascii_only=ascii_only),
    ]  # fmt: skip


def _local(link: Link, width: int, *, sample: str, earlier: int, ascii_only: bool) -> list[Line]:
    ready = link.ready
    assert ready is not None  # noqa: S101 - the caller asked
    width = min(width, 96)
    port = ready.relay.rpartition("//")[2]
    down = [target for target in link.targets.values() if target.state in ("refused", "timeout")]
    open_ = "o" if ascii_only else "○"
    curl = _line("     ", ready.url, "", width)
    tail: list[Line] = []
    for target in down:
        tail += [
            (Piece(f"   {open_} ", "wait"),
             Piece(f"{target_sentence(target)}. Start your app: what arrives before")),
            _row("     that waits here and is delivered when it answers."),
        ]  # fmt: skip
    return [
        (),
        _row("   No relay is configured, so hookcli started one inside this process."),
        _row("   It works from this machine only."), (),
        *_urls(link, width), (),
        *(_row(part) for part in curl[:-1]), *_beside(curl[-1], "(y copies it)", width),
        *_beside(f"     {sample}", "(t picks one and sends it)", width), (),
        _row("   To get a public URL, do one of these (c shows the commands in full):"), (),
        *public_lines(port), (),
        *(tail or _checks(link, earlier, ascii_only=ascii_only)),
    ]  # fmt: skip


def public_lines(port: str) -> list[Line]:
    """The three ways to a public URL, a line each."""
    return [
        (
            Piece("     a server you own     "),
            Piece("hookcli relay --public-url https://hooks.example.com", "strong"),
        ),
        (
            Piece("     a relay you know     "),
            Piece("hookcli login https://hooks.example.com", "strong"),
        ),
        (Piece("     a tunnel you have    "), Piece(f"any tunnel that points at {port}")),
    ]


def public_help(port: str) -> list[Line]:
    """The same in full."""
    return [
        (), _row("   A server you own", "strong"),
        _row("     on the server:   hookcli relay --public-url https://hooks.example.com"),
        _row("     it prints a line to run here:  hookcli login https://hooks.example.com"),
        _row("     then, here:      hookcli listen 8000"), (),
        _row("   A relay you know", "strong"),
        _row("     hookcli login https://hooks.example.com      asks for the key you were given"),
        _row("     hookcli listen 8000"), (),
        _row("   A tunnel you have", "strong"),
        _row(f"     point it at {port}; the path of the endpoint stays as it is."),
        _row("     This hookcli must then go on running: events are not kept while it is away."),
    ]  # fmt: skip
