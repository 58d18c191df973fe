"""`make demo` shows the whole loop, says how it went, and leaves nothing running or lying about."""

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
    assert not list(tmp_path.glob("hookcli-demo-*"))
    for command in Path("/proc").glob("[0-9]*/cmdline"):
        assert str(tmp_path).encode() not in read(command)


def read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:  # it has ended meanwhile
        return b""
