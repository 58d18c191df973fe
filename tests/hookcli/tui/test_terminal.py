"""What only a real terminal shows: escape bytes, signals, times. Limits are three times the aim."""

import json
import os
import re
import signal
import statistics
import time
from pathlib import Path

import pytest

from hookcli.captures.store import Batch, NewCapture, Store
from hookcli.tui.memory import Memory
from tests.hookcli.tui.rig import attempt, capture, fill, identity, put
from tests.hookcli.tui.terminal import PROGRAM, Terminal, terminal
from tests.hookcli.tui.test_hostile import FORBIDDEN, HOSTILE
from tests.support.slowness import allowed

pytestmark = pytest.mark.slow

OURS = re.compile(
    rb"\x1b\[[0-9;:<>=?]*[ -/]*[@-~]"  # CSI
    rb"|\x1b\][0-9]+;[ -~]*(?:\x07|\x1b\\)"  # OSC, ours are ASCII
    rb"|\x1b[()][A-Z0-9]|\x1b[78=>cDEHM]|\x1bP[ -~]*\x1b\\|\r|\n|\x07|\x0f|\x0e"
)


def big(folder: Path, count: int) -> None:
    """A store with many captures."""
    store = Store.open(folder / "captures.db")
    for start in range(0, count, 2000):
        made = [capture(number) for number in range(start, min(start + 2000, count))]
        store.commit(
            Batch(
                captures=tuple(NewCapture(capture=one, body=body) for one, body in made),
                attempts=tuple(attempt(one.id) for one, _ in made),
            )
        )
    store.close()


def key_ms(it: Terminal, keys: list[str]) -> float:
    """The median time from a key to the last byte it causes."""
    times = []
    for key in keys:
        _, first, last = it.press(key)
        assert first, key
        times.append(last * 1000)
    return statistics.median(times)


def opening_s(it: Terminal, text: str) -> float:
    """The median time from opening the event until its body is drawn; it is open afterwards."""
    times = []
    for _ in range(5):
        it.press("\x1b", quiet=0.2)
        times.append(it.drawn_after("\r", text))
    return statistics.median(times)


@pytest.mark.parametrize("count", [1_000, 10_000])
def test_moving_costs_the_same_at_any_length(tmp_path: Path, count: int) -> None:
    """Acceptance 4."""
    big(tmp_path, count)
    with terminal(tmp_path) as it:
        it.until(f"{count} seen", within=60)
        it.read(quiet=0.5)
        moves = {"k": ["k"] * 9, "page up": ["\x1b[5~"] * 9, "g and G": ["g", "G"] * 5}
        for name, keys in moves.items():
            assert key_ms(it, keys) < allowed(50), name


def test_a_five_megabyte_body_is_there_at_once(tmp_path: Path) -> None:
    """Acceptance 7."""
    value = [{"id": n, "name": f"n{n}", "v": [1, 2, 3], "o": {"a": True}} for n in range(85_000)]
    body = json.dumps(value).encode()
    assert len(body) > 5_000_000
    made, data = capture(0, body)
    put(tmp_path / "captures.db", made, data, attempt(made.id))
    with terminal(tmp_path, size=(80, 24)) as it:
        it.until("1 seen")
        it.read(quiet=0.5)
        assert opening_s(it, '"name"') < allowed(0.1)
        assert key_ms(it, ["j"] * 7) < allowed(50)
        it.until("lines ·", within=allowed(3))
        it.press("G")
        it.press("/n84999", quiet=0.5, within=5)
        it.until("1 match for")
        assert it.resident_mb < 150


@pytest.mark.parametrize(
    "body", [b"[" * 5_000_000, b'"' + b"x" * 5_000_000 + b'"', b"\x00\x1b" * 12_500_000]
)
def test_odd_large_bodies_are_no_different(tmp_path: Path, body: bytes) -> None:
    """Acceptance 8."""
    made, data = capture(0, body)
    put(tmp_path / "captures.db", made, data, attempt(made.id))
    with terminal(tmp_path, size=(80, 24)) as it:
        it.until("1 seen")
        it.read(quiet=0.5)
        assert opening_s(it, "MB") < allowed(0.1)
        for mode in ("raw", "hex", "pretty"):
            assert key_ms(it, ["j", "\x1b[6~", "G", "g"]) < allowed(50), mode
            it.press("v")


def test_idle_costs_nothing(tmp_path: Path) -> None:
    """Acceptance 9, with a tenth of the captures."""
    big(tmp_path, 1_000)
    with terminal(tmp_path) as it:
        it.until("1000 seen")
        it.read(quiet=1.0)
        before = it.cpu_s
        it.read(quiet=5.0, within=5.0)
        assert it.cpu_s - before < allowed(5.0 * 0.02)


def test_no_byte_of_a_stranger_reaches_the_terminal(tmp_path: Path) -> None:
    """Acceptance 10."""
    for number, text in enumerate(HOSTILE):
        raw = text.encode("utf-8", "replace")
        made, body = capture(
            number, b'{"a": "' + raw + b'"}', event_type=text, source=text[:8], note=text,
            headers=((b"X-Evil", raw.replace(b"\n", b" ")), (raw[:10].replace(b"\n", b""), b"v")),
            target=b"/" + raw, tags=(text[:12],), endpoint=text[:20], provider_id=text, peer=text,
            method=text[:8],
        )  # fmt: skip
        put(tmp_path / "captures.db", made, body, attempt(made.id, 500, body=raw, error=text))
    with terminal(tmp_path, size=(120, 40)) as it:
        it.until(f"{len(HOSTILE)} seen")
        it.press("g")
        for _ in HOSTILE:
            it.press("\r123456vv\x1bj", quiet=0.1)
        for keys in (
            "/evil\r\x1b",
            ":repl\x1b",
            "?\x1b",
            "S\x1b",
            "e\x1b",
            "Y\x1b",
            "xq",
            "L\x1b",
            "q",
        ):
            it.press(keys, quiet=0.1)
        assert it.wait() == 0
        assert obeyed(it) == set()
        assert b"PWNED" in it.output  # it was shown


def obeyed(it: Terminal) -> set[str]:
    """What reached the terminal outside of our own sequences."""
    rest = OURS.sub(b"", bytes(it.output)).decode("utf-8", "replace")
    return {hex(ord(char)) for char in rest if ord(char) in FORBIDDEN}


STRANGE_RELAY = """
from msgspec.structs import replace
from hookcli.tunnel import observe
from tests.hookcli.tui import rig
from tests.hookcli.tui.test_hostile import HOSTILE
"""


def test_no_byte_of_a_relay_or_an_endpoints_name_reaches_the_terminal(tmp_path: Path) -> None:
    """Acceptance 10: names, reasons and notices come from elsewhere too."""
    told = """        for text in HOSTILE:
            self.observer(replace(READY, url="https://x/" + text, endpoint=text, relay=text, targets=(text,)))
            self.observer(observe.TargetState(target=text, state="refused", waiting=2, error=text))
            self.observer(Notice(level="error", code="disk", text=text, hint=text))
            self.observer(observe.Missing(from_seq=1, to_seq=2, count=2, reason=text))
            await asyncio.sleep(0.25)
        self.observer(observe.Lost(reason=HOSTILE[0]))
        await self._stop.wait()
        return "stopped\""""
    begin = LISTENING.index("        number = 0")
    end = LISTENING.index('        return "stopped"')
    rest = LISTENING[end:].replace('        return "stopped"\n', "", 1)
    script = LISTENING[:begin] + told + "\n" + rest
    with terminal(tmp_path, program=script.format(broken=STRANGE_RELAY), size=(120, 40)) as it:
        it.until("PWNED")
        for keys in ("i", "\x1b", "L", "\x1b", "H", "?", "\x1b", "i", "\x1b") * 2:
            it.press(keys, quiet=0.1, within=1)
        it.until("relay lost")
        it.press("\x03")
        it.wait()
        assert obeyed(it) == set()


@pytest.mark.parametrize(
    ("end", "code"),
    [("q", 0), ("Q", 0), ("\x03", 0), (signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 130)],
)  # fmt: skip
def test_the_terminal_is_left_as_it_was(tmp_path: Path, end: str | int, code: int) -> None:
    """Acceptance 16."""
    fill(tmp_path / "captures.db", 10)
    with terminal(tmp_path) as it:
        it.until("10 seen")
        if isinstance(end, str):
            it.press(end)
        else:
            it.signal(end)
        assert it.wait() == code
        assert it.clean


CRASHING = PROGRAM.replace(
    "code = run_ui", "from hookcli.tui.board import Board\n"
    "Board.counts = lambda *a, **k: 1 / len(os.environ.get('CANARY', '')[99:])\ncode = run_ui",
)  # fmt: skip


def test_a_bug_of_the_screen_leaves_the_terminal_clean_and_tells_no_values(tmp_path: Path) -> None:
    """Acceptance 16, 45."""
    fill(tmp_path / "captures.db", 3)
    with terminal(tmp_path, program=CRASHING, env={"CANARY": "canary-secret"}) as it:
        assert it.wait() == 1
        assert it.clean
        assert b"ZeroDivisionError" in it.output
        assert b"canary-secret" not in it.output


def test_a_draft_survives_a_kill(tmp_path: Path) -> None:
    """Acceptance 15, 21."""
    fill(tmp_path / "captures.db", 2)
    with terminal(tmp_path) as it:
        it.until("2 seen")
        it.press("e", quiet=0.5)
        it.until("What will change")
        it.press("x")
        it.until("draft saved", within=10)
        it.signal(signal.SIGKILL)
        assert it.wait() == -signal.SIGKILL
    draft = Memory.load(tmp_path / "state").draft(identity(1))
    assert draft is not None
    assert b"\nx" in draft.message


def test_the_editor_gets_the_terminal_and_gives_it_back(tmp_path: Path) -> None:
    """Acceptance 46."""
    fill(tmp_path / "captures.db", 2)
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\nsed -i \'s/"amount": 1/"amount": 77/\' "$1"\nprintf IN-EDITOR\n')
    editor.chmod(0o755)
    with terminal(tmp_path, env={"EDITOR": str(editor)}) as it:
        it.until("2 seen")
        it.press("E", quiet=0.5)
        it.until("IN-EDITOR")
        it.until("mutation of")
        it.until("77")
        it.press("\x1b", quiet=0.3)
        it.press("Q")
        assert it.wait() == 0


def test_an_editor_that_fails_discards(tmp_path: Path) -> None:
    """Acceptance 46."""
    fill(tmp_path / "captures.db", 2)
    with terminal(tmp_path, env={"EDITOR": "false"}) as it:
        it.until("2 seen")
        it.press("E", quiet=0.5)
        it.until("the editor ended with 1: discarded")
        it.press("Q")
        assert it.wait() == 0


def test_copying_inside_tmux_fills_its_buffer(tmp_path: Path) -> None:
    """Acceptance 14, with a stand-in for tmux that keeps what it is given."""
    fill(tmp_path / "captures.db", 2)
    tool = tmp_path / "bin" / "tmux"
    tool.parent.mkdir()
    tool.write_text(f'#!/bin/sh\n[ "$1" = load-buffer ] && cat > {tmp_path}/buffer\n')
    tool.chmod(0o755)
    env = {
        "TMUX": "x",
        "PATH": f"{tool.parent}:{os.environ['PATH']}",
        "DISPLAY": "",
        "WAYLAND_DISPLAY": "",
    }
    with terminal(tmp_path, env=env) as it:
        it.until("2 seen")
        it.press("y", quiet=0.5)
        it.until("copied (tmux)")
        it.press("Q")
        it.wait()
    assert (tmp_path / "buffer").read_text().startswith("curl ")


def test_colour_says_nothing_alone(tmp_path: Path) -> None:
    """Acceptance 29."""
    fill(tmp_path / "captures.db", 12)
    with terminal(tmp_path, env={"NO_COLOR": "1"}) as it:
        it.until("12 seen")
        it.until("captures only")
        it.read(quiet=0.3)
        text = bytes(it.output).decode("utf-8", "replace")
        for word in ("✓", "✗", "⊘", "BAD", "captures only"):
            assert word in text
        it.press("Q")
        it.wait()


@pytest.mark.parametrize(
    ("typed", "drawn"),
    [("/source:slack", "2 of 12"), (":mark: this", "mark: this event"), ("?same bytes", "Send the captured"),
     (";a note", "a note"), ("\r/evt_", "match for"), ("e// ", "draft saved")],
)  # fmt: skip
def test_keys_typed_ahead_land_where_they_were_meant(
    tmp_path: Path, typed: str, drawn: str
) -> None:
    fill(tmp_path / "captures.db", 12)
    with terminal(tmp_path, size=(100, 30)) as it:
        it.until("12 seen")
        it.read(quiet=0.3)
        it.press(typed, quiet=0.4)
        it.until(drawn)
        it.press("\x1b", quiet=0.2)
        it.press("Q")
        it.press("\x03")
        it.wait()
    store = Store.open(tmp_path / "captures.db")
    assert all(len(store.attempts(identity(n))) <= 1 for n in range(12))
    assert not any((store.get(identity(n)) or capture(n)[0]).tags for n in range(12))


def test_a_paste_into_the_list_presses_no_keys(tmp_path: Path) -> None:
    fill(tmp_path / "captures.db", 3)
    with terminal(tmp_path) as it:
        it.until("3 seen")
        it.read(quiet=0.3)
        it.press("\x1b[200~mrQ\x1b[201~", quiet=0.3)
        it.press("L", quiet=0.3)
        it.until("Nothing happened yet")
        it.press("\x1b", quiet=0.2)
        it.press("Q")
        assert it.wait() == 0
    store = Store.open(tmp_path / "captures.db")
    assert not any(one.capture.tags for one in store.summaries())
    store.close()


LISTENING = """
import asyncio, os, sys
from contextlib import asynccontextmanager
from pathlib import Path
from hookcli.tui.app import run_listen
from hookcli.tui.setup import Setup
from hookcli.tunnel.observe import Notice
from tests.hookcli.tui.rig import App, Listener, READY
{broken}

class Ticking(Listener):
    async def run(self):
        number = 0
        while not self._stop.is_set():
            number += 1
            self.observer(Notice(level="info", code="tick", text=f"tick {{number}}"))
            await asyncio.sleep(0.05)
        return "stopped"

@asynccontextmanager
async def listen(observer):
    listener = Ticking()
    listener.observer = observer
    observer(READY)
    yield listener

folder = Path(sys.argv[1])
setup = Setup(store=folder / "captures.db", sender=App().opened, post=App().posted,
              state=folder / "state", target="http://localhost:8000")
left = run_listen(setup, listen, fallback=lambda crash: lambda report: print("LINE", report, flush=True))
print("left with", left.code, left.ending, type(left.crash).__name__, flush=True)
sys.exit(left.code)
"""


def test_a_crash_of_the_screen_does_not_stop_the_tunnel(tmp_path: Path) -> None:
    broken = "from hookcli.tui.board import Board\nBoard.counts = lambda *a, **k: 1 / 0"
    with terminal(tmp_path, program=LISTENING.format(broken=broken)) as it:
        it.until("LINE Notice")
        it.until("tick 30")
        it.signal(signal.SIGTERM)
        assert it.wait() == 143
        it.until("left with 143 stopped ZeroDivisionError")
        assert it.clean


def test_leaving_the_screen_ends_the_listener(tmp_path: Path) -> None:
    with terminal(tmp_path, program=LISTENING.format(broken="")) as it:
        it.until("Your webhook URL")
        it.until("hooks.example.com/ep_test")
        it.press("\x03")
        assert it.wait() == 130
        it.until("left with 130 stopped NoneType")
        assert it.clean


FLOOD = LISTENING.replace("from hookcli.tunnel.observe import Notice", """
import time
from hookcli.captures.model import Why
from hookcli.tunnel.observe import AttemptFinished, AttemptStarted, Captured, SenderTold
from tests.hookcli.tui.rig import attempt, capture
""").replace("""        number = 0
        while not self._stop.is_set():
            number += 1
            self.observer(Notice(level="info", code="tick", text=f"tick {{number}}"))
            await asyncio.sleep(0.05)
        return "stopped\"""", """        number, begin, late = 0, time.perf_counter(), []
        while not self._stop.is_set():
            due = begin + number / 200
            await asyncio.sleep(max(due - time.perf_counter(), 0))
            late.append(time.perf_counter() - due)
            one, body = capture(number)
            self.observer(Captured(capture=one, body=body))
            self.observer(AttemptStarted(capture=one.id, target="http://localhost:8000", n=1))
            self.observer(AttemptFinished(attempt=attempt(one.id)))
            self.observer(SenderTold(capture=one.id, told=one.told))
            number += 1
        late.sort()
        return f"late {{late[int(len(late) * 0.99)] * 1000:.0f}} of {{number}} seen {{number}}\"""")  # fmt: skip


def test_two_hundred_events_a_second_hold_up_neither_keys_nor_the_engine(tmp_path: Path) -> None:
    """Acceptance 5, shortened."""
    with terminal(tmp_path, program=FLOOD.format(broken="")) as it:
        for _ in range(200):
            if re.search(rb"[2-9]\d\d seen", bytes(it.output)):
                break
            it.read(quiet=0.0, within=0.2)
        times = []
        for _ in range(40):
            begin = time.perf_counter()
            os.write(it._master, b"k")
            it.read(quiet=0.0, within=0.5)
            times.append(time.perf_counter() - begin)
            it.read(quiet=0.02, within=0.1)
        assert sorted(times)[int(len(times) * 0.95)] < allowed(0.05)
        it.press("\x03")
        it.wait()
        found = re.search(rb"late (\d+) of (\d+)", bytes(it.output))
        assert found is not None
        assert int(found[2]) > 400
        assert int(found[1]) < allowed(60)
