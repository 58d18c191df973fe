"""`make demo` shows the whole loop, says how it went, and leaves nothing running or lying about."""

import contextlib
import sys
import time
from pathlib import Path

from tests.support.processes import PATIENCE, Process, environment


async def test_the_demo_runs_by_itself_and_cleans_up(tmp_path: Path) -> None:
    here = Path(__file__).parents[2]
    env = environment(tmp_path, {"PYTHONPATH": str(here), "TMPDIR": str(tmp_path)})
    begin = time.monotonic()
    demo = await Process.start([sys.executable, "-m", "benchmarks.demo"], env=env, cwd=here)
    assert await demo.wait() == 0, demo.tail()
    assert time.monotonic() - begin <= 10 * PATIENCE
    text = "\n".join(demo.out)
    assert text.count("✓") >= 6
    assert "signature ok" in text
    assert demo.err == []
    assert left_behind(tmp_path) == []


def left_behind(home: Path) -> list[str]:
    """Its files, and processes that name its folder."""
    found = [str(path) for path in home.glob("hookcli-demo-*")]
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):  # it has ended meanwhile
            command = path.read_bytes().decode(errors="replace")
            found += [command] if str(home) in command else []
    return found
