"""What is sent for a capture, and where: targets, signing again, asking before it leaves the machine."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from hookcli.tui import words
from hookcli.tui.acting import work
from hookcli.tui.bridge import Engine
from hookcli.tui.details import Details
from hookcli.tui.part import Part
from hookcli.tui.replays import is_loopback
from hookcli.tui.screens.boxes import YesNoBox
from hookcli.workbench.replay import target_of

if TYPE_CHECKING:
    from hookcli.signatures.explaining import Explanation
    from hookcli.workbench.parcels import Change, Parcel


def away_box(target: str, count: int) -> YesNoBox:
    """The question before something is sent to another machine."""
    what = words.plural(count, "capture")
    return YesNoBox(f"Send {what} to {target}? It is not this machine.", "send")


class Sending(Part):
    """Part of the application."""

    engine: Engine

    def __init__(self) -> None:
        super().__init__()
        self.target = ""
        """Where everything goes since another target was chosen here; empty before."""
        self._trusted: set[str] = set()

    def target_of(self, details: Details) -> str:
        """Where a replay of this goes unless told otherwise."""
        if self.target:
            return self.target
        default = next(iter(self.board.link.targets), self.setup.target)
        return target_of(None, details.attempts, (), default) or default

    def retarget(self, target: str) -> bool:
        """Use another target from now on; whether the listener took it too."""
        self.target = target
        return self.engine.steer_with("retarget", target)

    async def confirmed(self, target: str, count: int) -> bool:
        """Ask once before something is sent to another machine."""
        if is_loopback(target) or target in self._trusted:
            return True
        if yes := await self.push_screen_wait(away_box(target, count)):
            self._trusted.add(target)
        return bool(yes)

    def ask_first(self, target: str, count: int, then: Callable[[], None]) -> None:
        """The same without waiting: the box is there before the next key is read."""
        if is_loopback(target) or target in self._trusted:
            then()
            return

        def answered(yes: bool | None) -> None:
            if yes:
                self._trusted.add(target)
                then()
            else:
                self.say("nothing was sent")

        _ = self.push_screen(away_box(target, count), answered)

    def parcel(
        self, details: Details, *, resign: bool | None, change: "Change | None" = None
    ) -> "Parcel":
        """What is sent for a capture: its own bytes, or a changed copy.

        Args:
            resign: Sign again, do not, or only where it is needed and a secret is known.

        Raises:
            UsageError: it cannot be signed again as asked.
        """
        from ulid import ULID

        from hookcli.workbench.parcels import make
        from hookcli.workbench.resign import Wish

        wish = Wish(resign=resign, secrets=self.setup.secrets)
        return make(
            details.capture,
            details.body,
            wish,
            now=self.now,
            new_id=lambda: str(ULID()),
            change=change,
        )

    def explain(self, details: Details) -> "Explanation | None":
        """Why a signature holds or not; None where no scheme is known."""
        from hookcli import signatures

        capture = details.capture
        if not capture.scheme:
            return None
        return signatures.explain(
            capture.request(details.body),
            capture.scheme,
            self.setup.secrets(capture.scheme),
            at=capture.received_at,
            others=self.setup.all_secrets(),
        )

    def replay_many(self, ids: Sequence[str], *, resign: bool) -> None:
        """Replay several, with progress; many are asked about once."""
        work(self, "ask", self._replay_many(tuple(ids), resign=resign))

    async def _replay_many(self, ids: tuple[str, ...], *, resign: bool) -> None:
        from hookcli.tui.screens.replay_many import ASK_ABOVE, ManyScreen, Plan

        question = YesNoBox(f"Replay {words.plural(len(ids), 'capture')}?", "replay")
        if len(ids) > ASK_ABOVE and not await self.push_screen_wait(question):
            self.say("nothing was sent")
            return
        _ = self.push_screen(ManyScreen(Plan(ids=ids, resign=resign)))
