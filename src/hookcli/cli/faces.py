"""The faces of a listener without a screen: lines, NDJSON, and none."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from hookcli.cli.console import Console
from hookcli.cli.render import ndjson
from hookcli.cli.render.lines import Lines
from hookcli.cli.render.paint import Paint
from hookcli.cli.render.words import plural, safe
from hookcli.tunnel import observe


@dataclass(slots=True)
class LineFace:
    """For people."""

    console: Console
    body: Lines
    ascii_only: bool = field(init=False)

    def __post_init__(self) -> None:
        """Look once where this is shown: a terminal does not change under a running command."""
        self.ascii_only = self.console.ascii_only()

    def lines(self, report: observe.Report, now: int) -> Sequence[str]:
        """Lines for stdout."""
        return self._encodable(self.body.lines(report, now))

    def due(self, now: int) -> Sequence[str]:
        """Answers that have waited long enough."""
        return self._encodable(self.body.due(now))

    def rest(self) -> Sequence[str]:
        """Answers that still wait."""
        return self._encodable(self.body.rest())

    @property
    def next_due(self) -> int | None:
        """When `due` has something."""
        return self.body.next_due

    def talk(self, report: observe.Report) -> Sequence[str]:
        """Where this listens and what to do with it, once."""
        if not isinstance(report, observe.Ready) or self.console.quiet:
            return ()
        paint = Paint(self.console.colors(self.console.stderr))
        lines = opening(report, paint)
        return [self.console.encodable(line, self.console.stderr) for line in lines]

    def left_out(self, count: int, now: int) -> str:
        """The line that says what is not shown."""
        text = f"{plural(count, 'line')} left out: the reader of this output does not keep up"
        return self._encodable([f"!!! {text}; nothing is lost: hookcli ls"])[0]

    def _encodable(self, lines: Sequence[str]) -> Sequence[str]:
        if not self.ascii_only:
            return lines
        return [self.console.encodable(line) for line in lines]


class JsonFace:
    """For programs."""

    next_due: int | None = None

    def lines(self, report: observe.Report, now: int) -> Sequence[str]:
        """One record a report."""
        record = ndjson.record(report, now)
        return () if record is None else (ndjson.dumped(record),)

    def due(self, now: int) -> Sequence[str]:
        """Nothing waits."""
        return ()

    def rest(self) -> Sequence[str]:
        """Nothing waits."""
        return ()

    def talk(self, report: observe.Report) -> Sequence[str]:
        """Nothing is said."""
        return ()

    def left_out(self, count: int, now: int) -> str:
        """The record that says what is not there."""
        text = f"{plural(count, 'record')} left out: the reader does not keep up"
        hint = "nothing is lost: hookcli ls --json"
        return ndjson.dumped(ndjson.notice("warning", "left_out", text, hint, at=now))


class NoFace(JsonFace):
    """Nothing is shown."""

    def lines(self, report: observe.Report, now: int) -> Sequence[str]:
        """Nothing."""
        return ()


def of(output: str, console: Console) -> "LineFace | JsonFace":
    """The face for `-o`: lines, json or quiet."""
    made: dict[str, Callable[[], LineFace | JsonFace]] = {"json": JsonFace, "quiet": NoFace}
    if output in made:
        return made[output]()
    width = console.width() or 120
    return LineFace(console, Lines(paint=Paint(console.colors()), width=width))


def opening(ready: observe.Ready, paint: Paint) -> list[str]:
    """Where this listens; when it is local only, that, a line to try, and the ways to go public."""
    url = safe(ready.url)
    targets = ", ".join(ready.targets) or "captured only"
    where = f"{paint('bold', url)}  →  {paint('bold', targets)}"
    lines = [f"Listening   {where}        (^C to stop)"]
    if ready.backlog:
        lines.append(f"            {plural(ready.backlog, 'event')} came meanwhile, catching up")
    if not ready.local:
        return lines
    address = ready.relay.removeprefix("http://")
    tag = paint("yellow", "local only")
    return [
        *lines,
        f"{tag}  no relay is configured: one runs inside this process, for this machine",
        f'  try it    curl {url} -d \'{{"hello":"world"}}\'',
        "  go public hookcli relay --public-url https://hooks.example.com   a server you own",
        "            hookcli login https://hooks.example.com                a relay you know",
        f"            any tunnel that points at {address:<28} a tunnel you have",
        "",
    ]


def summary(done: observe.Done, ready: observe.Ready | None, again: str) -> list[str]:
    """What was done, what the relay does now, and how to go on."""
    first = f"Stopped. {done.captured:,} captured, {done.failed:,} failed, {done.waiting:,} waiting here."
    if ready is None:
        return [first]
    if ready.local:
        second = f"The local relay stopped too: `{again}` starts both again, at the same URL."
    else:
        from hookcli.cli.render.words import span

        kept = span(ready.retention_s * 1000).replace(" d", " days")
        first += f" The relay keeps new events for {kept};"
        second = f"`{again}` goes on at seq {done.last_seq + 1}."
    return [first, f"{second} Look again: hookcli ui"]
