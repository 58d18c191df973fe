"""Measure every road in one run, in interleaved rounds, as ratios to sending straight to the program.

    python -m benchmarks.run [--quick] [--rounds N] [--cells 8Kx32,8K@100] [--json FILE]

Progress on stderr; the tables and the goals on stdout. Exits 1 when something was lost, doubled or
altered. Absolute figures belong to the machine: in each round every road is measured right after
the others, in an order that rotates, and ratios are taken within the round.
"""

import argparse
import asyncio
import os
from pathlib import Path

from benchmarks.idle import catch_up, first_delivery, front_page, idle_listeners
from benchmarks.measure import CELLS, QUICK, Cell, Cost, measure
from benchmarks.report import Rounds, Verdict, goals, table, verdicts
from benchmarks.roads import Scene, scene
from benchmarks.running import options, run, say, tell
from benchmarks.stored import stored


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
    units = f"{args.rounds} rounds, medians; latencies in ms; peak MB relay/listener"
    report = {"costs": costs, "goals": made, "cores": os.cpu_count()}
    tell(units, table(found), goals(made), report=report, file=args.json)
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
    parser = options("run", __doc__, quick="only the cells of the goals")
    parser.add_argument("--cells", help="comma-separated names")
    parser.add_argument("--list", action="store_true", help="print the names of the cells")
    args = parser.parse_args()
    if args.list:
        print(*(cell.name for cell in CELLS), sep="\n")
        return
    args.rounds = args.rounds or (3 if args.quick else 5)
    run(bench, args)


if __name__ == "__main__":
    main()
