"""From an attempt to the message that tells the relay, and so the sender, how the program answered."""

from hookcli.captures.model import Attempt, Outcome
from hookcli.wire import codec

MOST = (16 << 20) + (64 << 10)
"""The longest message that a relay takes, unless its operator has chosen another limit."""

UNSENT = "unsent"
"""The outcome when there is an answer that cannot travel: the sender gets the ack."""


def result(attempt: Attempt, seq: int, *, most: int) -> tuple[bytes, bool]:
    """The encoded `Result`, and whether it carries all there is to carry.

    Args:
        seq: The event's place in the log.
        most: The longest message that the relay takes.
    """
    if attempt.outcome is not Outcome.RESPONDED:
        return nothing(attempt.capture, seq, attempt.outcome.value), True
    if len(attempt.body) <= most:
        whole = codec.encode(
            codec.result(
                seq=seq,
                id=attempt.capture,
                outcome=attempt.outcome.value,
                status=attempt.status,
                reason=attempt.reason,
                headers=attempt.headers,
                body=attempt.body,
            )
        )
        if len(whole) <= most:
            return whole, True
    return nothing(attempt.capture, seq, UNSENT), False


def nothing(capture: str, seq: int, outcome: str) -> bytes:
    """The encoded `Result` that says why there is no answer."""
    return codec.encode(codec.result(seq=seq, id=capture, outcome=outcome))
