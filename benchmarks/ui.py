"""The screen, measured on a real terminal: keys, large lists, large bodies, traffic, idling.

    python -m benchmarks.ui                 # a minute of traffic, 100 000 captures: three minutes
    python -m benchmarks.ui --quick         # ten seconds, 10 000 captures: one minute
    python -m benchmarks.ui --only lists    # or bodies, or traffic

Times run from the bytes of a key to the first or the last byte that it causes. Run it on a machine
that does nothing else: the goals are those of an idle one.
"""

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from benchmarks.report import Verdict, at_most, goals
from hookcli.captures.store import Batch, NewCapture, Store
from tests.hookcli.tui.rig import attempt, capture, put
from tests.hookcli.tui.terminal import ROOT, Terminal, run, terminal
from tests.support.processes import hookcli
from tests.support.running import Listener, relay

BODIES: dict[str, Callable[[], bytes]] = {
    "JSON": lambda: json.dumps(
        [
            {"id": n, "v": [100_000 + n, 200_000 + n], "o": {"name": f"no {n}"}}
            for n in range(78_000)
        ]
    ).encode(),
    "of [": lambda: b"[" * 5_000_000,
    "one line": lambda: b'"' + b"x" * 5_000_000 + b'"',
}


def big(folder: Path, count: int) -> None:
    """A store with many captures."""
    store = Store.open(folder / "captures.db")
    for start in range(0, count, 2000):
        made = [capture(number) for number in range(start, min(start + 2000, count))]
        captures = tuple(NewCapture(capture=one, body=body) for one, body in made)
        _ = store.commit(Batch(captures=captures, attempts=tuple(attempt(c.id) for c, _ in made)))
    store.close()


MOVES = {"k": ["k"] * 15, "PgUp": ["\x1b[5~"] * 15, "g and G": ["g", "G"] * 8}


@contextmanager
def _listed(count: int) -> Iterator[Terminal]:
    """The screen on a store with many captures, all of them in the list."""
    with tempfile.TemporaryDirectory(prefix="hookcli-ui-") as folder:
        big(Path(folder), count)
        with terminal(Path(folder)) as it:
            it.until(f"{count} seen", within=120)
            it.read(quiet=1.5)
            yield it


def lists(counts: tuple[int, ...]) -> list[Verdict]:
    """Moving in short and long lists, and idling beside them.

    Each key goes to one list after the other: what disturbs the one disturbs the other.
    """
    with ExitStack() as stack:
        screens = {count: stack.enter_context(_listed(count)) for count in counts}
        made: list[Verdict] = []
        worst = dict.fromkeys(counts, 0.0)
        for name, keys in MOVES.items():
            rounds = [{n: it.press(key)[2] * 1000 for n, it in screens.items()} for key in keys]
            for count in counts:
                ms = statistics.median(times[count] for times in rounds)
                worst[count] = max(worst[count], ms)
                made.append(at_most(f"{name} with {count:,} captures, ms", 50, ms))
        made += _idle(screens)
    if len(counts) > 1:
        ratio = worst[counts[-1]] / worst[counts[0]]
        made.append(at_most(f"{counts[-1]:,} captures against {counts[0]:,}, ratio", 1.2, ratio))
    return made


def _idle(screens: dict[int, Terminal]) -> list[Verdict]:
    """What screens cost on which nothing happens."""
    before, began = {count: it.cpu_s for count, it in screens.items()}, time.perf_counter()
    while (spent := time.perf_counter() - began) < 10:
        for it in screens.values():
            it.read(quiet=0.1, within=0.5)
    return [
        at_most(
            f"idle with {count:,} captures, % of a core",
            2,
            (it.cpu_s - before[count]) / spent * 100,
        )
        for count, it in screens.items()
    ]


def bodies() -> list[Verdict]:
    """Bodies of five megabytes."""
    made: list[Verdict] = []
    for name, body in BODIES.items():
        with tempfile.TemporaryDirectory(prefix="hookcli-ui-") as folder:
            one, data = capture(0, body())
            put(Path(folder) / "captures.db", one, data, attempt(one.id))
            with terminal(Path(folder), size=(80, 24)) as it:
                it.until("1 seen")
                it.read(quiet=2.0)
                opened = it.drawn_after("\r", "MB") * 1000
                made.append(at_most(f"5 MB {name}: first screen, ms", 100, opened))
                moved = statistics.median(it.drawn_after("j", "▌") * 1000 for _ in range(7))
                made.append(at_most(f"5 MB {name}: keys meanwhile, ms", 50, moved))
                _, _, last = it.read(quiet=0.6, within=20)
                made.append(at_most(f"5 MB {name}: every line there after that, s", 3, last))
                made.append(at_most(f"5 MB {name}: resident, MB", 150, it.resident_mb))
    return made


@contextmanager
def _sender() -> Iterator[subprocess.Popen[str]]:
    started = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.ui_traffic"], cwd=ROOT, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    try:
        yield started
    finally:
        started.kill()
        _ = started.wait()


async def traffic(seconds: float, rate: float) -> list[Verdict]:
    """Webhooks through a relay of its own while keys are pressed."""
    with tempfile.TemporaryDirectory(prefix="hookcli-ui-") as folder, _sender() as sender:
        assert sender.stdout is not None
        program = f"http://127.0.0.1:{sender.stdout.readline().strip()}"
        async with relay(Path(folder) / "server") as server:
            endpoint = await server.endpoint()
            laptop = Listener(Path(folder) / "laptop", server.url, endpoint, program)
            job = f"{server.port} {endpoint.path} {rate} {seconds}\n"
            return await asyncio.to_thread(_pressed, laptop, sender, job, seconds)


def _pressed(
    laptop: Listener, sender: subprocess.Popen[str], job: str, seconds: float
) -> list[Verdict]:
    assert sender.stdin is not None
    env = laptop.env | {"TERM": "xterm-256color", "NO_COLOR": "", "COLUMNS": "", "LINES": ""}
    with run(hookcli(), "listen", laptop.target or "", env=env, cwd=laptop.home) as it:
        it.until("live")
        it.read(quiet=2, within=3)
        sender.stdin.write(job)
        sender.stdin.flush()
        it.until("SOURCE")
        it.read(quiet=0.05, within=3)
        before, cpu, began = it.resident_mb, it.cpu_s, time.perf_counter()
        times = _keys(it, seconds - 5)
        share = (it.cpu_s - cpu) / (time.perf_counter() - began)
        grown = it.resident_mb - before
        said = json.loads(_line(sender, it))
        it.until(f"{said['sent']} seen")
        it.press("\x03")
        _ = it.wait()
    store = Store.open(laptop.store)
    lost = said["sent"] - store.count() + said["other"] + abs(said["sent"] - said["arrived"])
    store.close()
    name = f"{said['sent'] / seconds:.0f}/s for {seconds:g} s"
    return [
        at_most(f"{name}: key to first output, p95 ms", 50, times[int(len(times) * 0.95)]),
        at_most(f"{name}: forwarding, p99 ms", 60, said["p99"]),
        at_most(f"{name}: lost, or not answered by the program", 0, lost),
        at_most(f"{name}: memory grown, MB", 20, grown),
        at_most(f"{name}: cores used", 1, share),
    ]


def _keys(it: Terminal, seconds: float) -> list[float]:
    """Press a key now and then; sorted times to the first output, in ms.

    Up and down in turn: a key that can go no further draws nothing, and its time would be that of
    whatever is drawn next.
    """
    times: list[float] = []
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        it.read(quiet=0.02, within=0.25)  # what came by itself
        begin = time.perf_counter()
        os.write(it._master, (b"k", b"j")[len(times) % 2])
        it.read(quiet=0.0, within=0.5)
        times.append((time.perf_counter() - begin) * 1000)
    return sorted(times)


def _line(sender: subprocess.Popen[str], it: Terminal) -> str:
    """The sender's last line; the terminal is read meanwhile, or the screen would stand still."""
    import select

    assert sender.stdout is not None
    while not select.select([sender.stdout], [], [], 0)[0]:
        it.read(quiet=0.05, within=0.5)
    return sender.stdout.readline()


def main() -> int:
    """Measure and tell; 1 if a goal is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ui", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    parser.add_argument("--quick", action="store_true", help="ten seconds, 10 000 captures")
    parser.add_argument("--only", choices=("lists", "bodies", "traffic"))
    args = parser.parse_args()
    parts: dict[str, Callable[[], list[Verdict]]] = {
        "lists": lambda: lists((10_000,) if args.quick else (10_000, 100_000)),
        "bodies": bodies,
        "traffic": lambda: asyncio.run(traffic(10 if args.quick else 60, 200)),
    }
    missed = False
    for name, part in parts.items():
        if args.only in (None, name):
            print(f"{name} ...", file=sys.stderr, flush=True)
            made = part()
            print(goals(made), flush=True)
            missed = missed or not all(verdict.ok for verdict in made)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
