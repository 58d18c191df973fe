"""Who answers a provider's challenge when the program cannot: hookcli, where it is asked to.

The program goes first: only where it gives no answer, or one that says that it has no such route or
no such method, or that it failed, is the challenge answered for it. Any other answer is its word: a
401 is what Discord and Xero want to see.
"""

from collections.abc import Callable, Mapping, Sequence

from hookcli.captures.model import Attempt, Capture, Outcome, Timing, Why
from hookcli.signatures import Secret
from hookcli.signatures.handshakes import handshake
from hookcli.tunnel.observe import Notice

_NO_ROUTE = frozenset({404, 405, 501})


def cannot(attempt: Attempt) -> bool:
    """Whether a program that did this has no answer to a challenge."""
    answered = attempt.outcome is Outcome.RESPONDED
    return not answered or attempt.status in _NO_ROUTE or attempt.status >= 500


class StandIn:
    """Answers challenges in the program's place."""

    def __init__(
        self,
        secrets: Mapping[str, Sequence[Secret]],
        *,
        wall: Callable[[], int],
        tell: Callable[[Notice], None],
    ) -> None:
        """Take what is needed.

        Args:
            secrets: By scheme: some answers are made with one, some challenges are signed.
            wall: µs since the Unix epoch.
            tell: Hears why a challenge is left unanswered, once for each reason.
        """
        self._secrets, self._wall, self._tell = secrets, wall, tell
        self._told: set[tuple[str, str]] = set()

    def answer(self, capture: Capture, body: bytes) -> Attempt | None:
        """The answer as an attempt that went nowhere; None where it is no challenge, or none that
        can be answered."""
        found = handshake(capture.request(body), self._secrets, at=capture.received_at)
        if found is None:
            return None
        what = f"{found.provider} {found.what}"
        if found.response is None:
            self._left(found.provider, what, found.why)
            return None
        return Attempt(
            capture=capture.id,
            n=0,
            why=Why.HANDSHAKE,
            target="",
            started_at=self._wall(),
            ms=0.0,
            timing=Timing(),
            outcome=Outcome.RESPONDED,
            status=found.response.status,
            reason=found.response.reason,
            headers=found.response.headers,
            body=found.response.body,
            body_size=len(found.response.body),
            added=(f"answered by hookcli: {what}",),
        )

    def _left(self, provider: str, what: str, why: str) -> None:
        if (provider, why) in self._told:
            return
        self._told.add((provider, why))
        text = f"{what} is not answered for your app: {why}"
        hint = "hookcli help signatures" if why.startswith("no secret") else ""
        self._tell(Notice(level="warning", code="handshake", text=text, hint=hint))
