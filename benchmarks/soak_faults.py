"""What goes wrong during a soak: one fault after another, each undone before the next."""

import asyncio
import random
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tests.support import rawhttp
from tests.support.disk import Disk
from tests.support.filling import ShortFiles
from tests.support.processes import Process, hookcli
from tests.support.road import Road, until
from tests.support.running import Listener


class SlowDisk(Disk):
    """A disk whose syncs can be held; it notes nothing, so a long run costs it nothing."""

    def _sync(self, link: str) -> int | None:
        if not self._go.is_set():
            self.waiting.set()
            self._go.wait()
            self.waiting.clear()
        return None


class QuietListener(Listener):
    """A listener that writes nothing: whether it is connected is asked of the relay."""

    async def start(self, *, ready: bool = True, within: float = 60.0) -> Process:
        """Start it; it connects when it can."""
        argv = [hookcli(), "listen", str(self.target), "-o", "quiet", *self.flags]
        self.process = await Process.start([*self.prefix, *argv], env=self.env)
        return self.process


@dataclass(slots=True)
class Peaks:
    """The most memory of every process that lived, in KiB, in order."""

    relay: list[int]
    listener: list[int]


@dataclass(frozen=True, slots=True)
class Scene:
    """What faults happen to."""

    road: Road
    disk: SlowDisk
    chance: random.Random
    peaks: Peaks

    async def some(self, least: float, most: float) -> None:
        """Let some time pass."""
        await asyncio.sleep(self.chance.uniform(least, most))

    def note_peaks(self) -> None:
        """How large both have been; before one of them ends."""
        for process, found in (
            (self.road.relay.process, self.peaks.relay),
            (self.road.listener.process, self.peaks.listener),
        ):
            if process is not None and process.returncode is None:
                found.append(process.peak_kb())


async def relay_killed(it: Scene) -> None:
    """SIGKILL, some time away, back."""
    it.note_peaks()
    await it.road.relay.kill()
    await it.some(0, 1)
    await it.road.relay.start()


async def relay_restarted(it: Scene) -> None:
    """As an upgrade does it."""
    it.note_peaks()
    process = it.road.relay.process
    if process is not None:
        await process.stop()
    await it.road.relay.start()


async def listener_killed(it: Scene) -> None:
    """SIGKILL, some time away, back."""
    it.note_peaks()
    await it.road.listener.kill()
    await it.some(0, 1)
    await it.road.listener.start()


async def listener_asleep(it: Scene) -> None:
    """It stands still, and its connection is forgotten or not."""
    process = it.road.listener.process
    if process is None:
        return
    process.signal(signal.SIGSTOP)
    if it.chance.random() < 0.5:
        it.road.network.forget()
    await it.some(0.5, 3)
    process.signal(signal.SIGCONT)


async def network_reset(it: Scene) -> None:
    """RST."""
    it.road.network.reset()


async def network_half_closed(it: Scene) -> None:
    """FIN towards the listener only."""
    it.road.network.half_close()


async def frame_cut(it: Scene) -> None:
    """In the middle of a message."""
    it.road.network.cut_after(it.chance.randrange(5_000))


async def frame_damaged(it: Scene) -> None:
    """One bit."""
    it.road.network.damage_after(it.chance.randrange(5_000))


async def blackhole(it: Scene) -> None:
    """Nothing passes for a while; then on the old connections, or on new ones only."""
    it.road.network.blackhole()
    await it.some(0.5, 4)
    it.chance.choice((it.road.network.restore, it.road.network.replace))()


async def program_down(it: Scene) -> None:
    """Connections are refused."""
    await it.road.program.stop()
    await it.some(0.2, 2)
    await it.road.program.start()


async def program_odd(it: Scene) -> None:
    """Errors, silence, garbage, half an answer, a reset."""
    it.road.program.answer = it.chance.choice(
        (
            rawhttp.respond(500, body=b"no"),
            rawhttp.respond(429, [(b"Retry-After", b"1")]),
            rawhttp.hang(),
            rawhttp.exact(b"\x00\xff no http \r\n\r\n", close=True),
            rawhttp.exact(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", close=True),
            rawhttp.drop(),
        )
    )
    await it.some(0.2, 1.5)
    it.road.program.answer = rawhttp.respond()


async def disk_full(it: Scene) -> None:
    """No file of the relay may grow."""
    full = ShortFiles(it.road.relay)
    full.fill()
    await it.some(0.3, 2)
    full.empty()


async def disk_slow(it: Scene) -> None:
    """Every sync takes long, for a while."""
    it.disk.hold()
    await it.some(0.3, 2.5)
    it.disk.release()


FAULTS: tuple[Callable[[Scene], Awaitable[None]], ...] = (
    relay_killed,
    relay_restarted,
    listener_killed,
    listener_asleep,
    network_reset,
    network_half_closed,
    frame_cut,
    frame_damaged,
    blackhole,
    program_down,
    program_odd,
    disk_full,
    disk_slow,
)


async def connected(it: Road, within: float = 60.0) -> None:
    """Wait until the relay sees the listener."""
    count = 0
    async with asyncio.timeout(within):
        while not count:
            count = (await it.relay.api("GET", f"/_/v1/endpoints/{it.endpoint.id}"))["listeners"]
            await asyncio.sleep(0.05)


async def settled(it: Road, numbers: int, came: dict[int, int], within: float) -> None:
    """Wait until everything that was acked is delivered and nothing is pending."""

    def done() -> bool | None:
        if len(came) < numbers:
            return None
        return not it.ask("select 1 from captures where state = 'pending' limit 1") or None

    await until(done, f"{numbers} delivered, {len(came)} came", within)
