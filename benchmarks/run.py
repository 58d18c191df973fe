"""Measure every road in one run, in interleaved rounds, as ratios to sending straight to the program.

    python -m benchmarks.run [--quick] [--rounds N] [--cells 8Kx32,8K@100] [--json FILE]

Progress on stderr; the tables and the goals on stdout. Exits 1 when something was lost, doubled or
altered. Absolute figures belong to the machine: in each round every road is measured right after
the others, in an order that rotates, and ratios are taken within the round.
"""

import argparse
import asyncio
import os
import platform
import sys
import tempfile
from pathlib import Path

import msgspec

from benchmarks.idle import catch_up, first_delivery, front_page, idle_listeners
from benchmarks.measure import CELLS, QUICK, Cell, Cost, measure
from benchmarks.report import Rounds, Verdict, goals, table, verdicts
from benchmarks.roads import Scene, scene
from benchmarks.stored import stored


def say(text: str) -> None:
    """Progress."""
    print(text, file=sys.stderr, flush=True)


async def rounds(scene: Scene, cells: list[Cell], count: int) -> list[Cost]:
    """All cells on all their roads, again and again."""
    for road in scene.roads.values():
        await measure(scene, road, Cell(size="1K", senders=16, count=1500), -1)
    made: list[Cost] = []
    for number in range(count):
        for cell in cells:
            turn = number % len(cell.roads)
            for name in (*cell.roads[turn:], *cell.roads[:turn]):
                cost = await measure(scene, scene.roads[name], cell, number)
                made.append(cost)
                r = cost.result
                say(
                    f"round {number + 1}/{count}  {cell.name:<12} {name:<7}{r.per_second:9.0f}/s"
                    f"  accept p50 {r.accept.p50:.2f}  e2e p50 {r.end_to_end.p50:.2f} ms"
                    + (f"  lost {r.lost} doubled {r.doubled} altered {r.altered}" * bool(_bad(r)))
                    + (f"  refused {r.refused}" if r.refused else "")
                )
    return made


def _bad(result: object) -> int:
    return sum(getattr(result, kind) for kind in ("lost", "doubled", "altered"))


async def bench(args: argparse.Namespace, folder: Path) -> int:
    """Everything, in order; the exit code."""
    cells = _chosen(args)
    async with scene(folder) as it:
        costs = await rounds(it, cells, args.rounds)
        say("counting what the log and the capture stores hold")
        kept = await stored(it)
    more: list[Verdict] = [*kept]
    if not args.cells:
        more.append(await asyncio.to_thread(front_page, 5 if args.quick else 21))
        say("listener start to first delivery")
        more.append(await first_delivery(folder / "start", 3 if args.quick else 7))
        say("a backlog")
        more.append(await catch_up(folder / "backlog", 2_000 if args.quick else 10_000))
        say("idle listeners")
        more += await idle_listeners(folder / "idle", 200 if args.quick else 1000)
    found = Rounds(costs)
    made = [*verdicts(found), *more]
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print(f"{args.rounds} rounds, medians; latencies in ms; peak MB relay/listener\n")
    print(table(found), goals(made), sep="\n\n")
    if args.json:
        report = {"costs": costs, "goals": made, "cores": os.cpu_count()}
        Path(args.json).write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=1))  # noqa: ASYNC240
    exact = all(not _bad(cost.result) for cost in costs) and all(v.ok for v in kept)
    return 0 if exact else 1


def _chosen(args: argparse.Namespace) -> list[Cell]:
    if args.cells:
        names = args.cells.split(",")
        unknown = set(names) - {cell.name for cell in CELLS}
        if unknown:
            raise SystemExit(f"no such cell: {', '.join(sorted(unknown))}; see --list")
        return [cell for cell in CELLS if cell.name in names]
    return [cell for cell in CELLS if cell.name in QUICK] if args.quick else list(CELLS)


def main() -> None:
    """Parse, measure, tell."""
    import uvloop

    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.run",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--quick", action="store_true", help="only the cells of the goals")
    parser.add_argument("--rounds", type=int, help="default 5, with --quick 3")
    parser.add_argument("--cells", help="comma-separated names")
    parser.add_argument("--list", action="store_true", help="print the names of the cells")
    parser.add_argument("--json", metavar="FILE", help="write everything there too")
    args = parser.parse_args()
    if args.list:
        print(*(cell.name for cell in CELLS), sep="\n")
        return
    args.rounds = args.rounds or (3 if args.quick else 5)
    with (
        tempfile.TemporaryDirectory(prefix="hookcli-bench-") as folder,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        code = runner.run(bench(args, Path(folder)))
    sys.exit(code)


if __name__ == "__main__":
    main()
