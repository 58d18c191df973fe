"""Commands on a large capture store, timed as processes; deleting beside a listener that commits.

    python -m benchmarks.store             # 100 000 captures, 2 GB
    python -m benchmarks.store --quick     # 10 000 captures, 0.2 GB

Each time is the best of five: what the machine does beside it is no matter of the command.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import quantiles

from benchmarks.report import Verdict, at_most, goals
from hookcli.captures.model import Capture
from hookcli.captures.store import Batch, NewCapture, Store
from tests.hookcli.cli import made
from tests.support.processes import environment, hookcli

BODY_SIZE = 20_000
DAY_US = 86_400_000_000
KINDS = (
    ("stripe", "invoice.paid"), ("stripe", "charge.refunded"), ("github", "push"),
    ("shopify", "orders/create"),
)  # fmt: skip


def say(text: str) -> None:
    """Progress."""
    print(text, file=sys.stderr, flush=True)


def one(number: int, now: int, count: int) -> tuple[Capture, bytes]:
    """A capture of the last fourteen days with a body of its own."""
    source, kind = KINDS[number % len(KINDS)]
    body = json.dumps(
        {"id": f"evt_{number}", "n": number, "text": f"{number:09d} " * (BODY_SIZE // 10)}
    )
    at = now - 14 * DAY_US + 14 * DAY_US * number // count
    id_ = f"01JA{number:022d}"
    return made.capture(
        id_, body.encode(), seq=number + 1, received_at=at, source=source, event_type=kind,
        provider_id=f"evt_{number}",
    ), body.encode()  # fmt: skip


def build(file: Path, count: int) -> None:
    """A store with many captures, a fifth of them failed."""
    now = time.time_ns() // 1000
    with Store.open(file) as store:
        for start in range(0, count, 1000):
            some = [one(number, now, count) for number in range(start, min(start + 1000, count))]
            store.commit(
                Batch(
                    captures=tuple(NewCapture(capture=c, body=b) for c, b in some),
                    attempts=tuple(
                        made.attempt(c.id, status=500 if (c.seq or 0) % 5 == 0 else 200)
                        for c, _ in some
                    ),
                )
            )


def best_ms(argv: Sequence[str], env: dict[str, str], *, times: int = 5) -> float:
    """The quickest run, in milliseconds."""
    took: list[float] = []
    for _ in range(times):
        began = time.perf_counter()
        ended = subprocess.run(argv, env=env, capture_output=True, check=False)
        assert ended.returncode in (0, 5), ended.stderr  # 5: nothing is found
        took.append((time.perf_counter() - began) * 1000)
    return min(took)


def reading(env: dict[str, str], count: int) -> list[Verdict]:
    """Lists, filters, a body search, completion."""
    middle = f"01JA{count // 2:022d}"
    commands: list[tuple[str, float, list[str]]] = [
        ("ls, the first 30 lines", 200, ["ls"]),
        ("ls with a filter of metadata", 300, ["ls", "status:5xx", "type:invoice.*", "-n", "30"]),
        ("ls with a filter that nothing passes", 300, ["ls", "status:418", "-n", "30"]),
        ("ls with a body search", 2000, ["ls", f"body:{count // 2:09d}", "-n", "30"]),
        ("show an id", 200, ["show", middle]),
        ("complete an id", 150, ["__complete", "show", middle[:8]]),
        ("complete a filter's field", 150, ["__complete", "ls", "ty"]),
        ("complete a seen value", 150, ["__complete", "ls", "type:inv"]),
    ]
    return [
        at_most(f"{what}, ms", most, best_ms([hookcli(), *argv], env))
        for what, most, argv in commands
    ]


def deleting(file: Path, env: dict[str, str], count: int) -> list[Verdict]:
    """`rm --older 7d` while another connection commits an event every 10 ms, as a listener does."""
    before = file.stat().st_size
    waits: list[float] = []
    done = threading.Event()

    def listen() -> None:
        with Store.open(file) as store:
            number = count
            while not done.wait(0.01):
                capture, body = one(number, time.time_ns() // 1000, 1)
                began = time.perf_counter()
                store.commit(Batch(captures=(NewCapture(capture=capture, body=body),)))
                waits.append((time.perf_counter() - began) * 1000)
                number += 1

    thread = threading.Thread(target=listen)
    thread.start()
    began = time.perf_counter()
    subprocess.run([hookcli(), "rm", "--older", "7d", "-y"], env=env, check=True)
    took = time.perf_counter() - began
    done.set()
    thread.join()
    after = file.stat().st_size
    say(f"deleted in {took:.1f} s beside {len(waits)} commits")
    return [
        at_most("a commit beside rm --older 7d, ms, the longest", 50, max(waits)),
        at_most("… and the 99th of a hundred", 50, quantiles(waits, n=100)[98]),
        at_most("what the file holds after half was deleted, of before", 0.6, after / before),
    ]


def main() -> None:
    """Build, measure, tell."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.store", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    parser.add_argument("--quick", action="store_true", help="10 000 captures instead of 100 000")
    count = 10_000 if parser.parse_args().quick else 100_000
    with tempfile.TemporaryDirectory(prefix="hookcli-store-") as folder:
        file = Path(folder) / "captures.sqlite"
        env = environment(Path(folder), {"HOOKCLI_STORE": str(file)})
        say(f"building a store of {count:,} captures")
        build(file, count)
        say(f"{os.path.getsize(file) / 1e9:.2f} GB; reading")
        steps: tuple[Callable[[], list[Verdict]], ...] = (
            lambda: reading(env, count),
            lambda: deleting(file, env, count),
        )
        found = [verdict for step in steps for verdict in step()]
    print(goals(found))


if __name__ == "__main__":
    main()
