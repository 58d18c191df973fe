"""Discord: ed25519 in hex over the time and the body; Discord itself sends wrong ones as a test.

https://docs.discord.com/developers/interactions/overview#setting-up-an-endpoint-validating-security-request-headers;
the judge is `nacl.signing`, which that page uses. The secret is the application's public key.
"""

from hookcli.signatures.hmacs import Encoding
from hookcli.signatures.keys import Asymmetric
from hookcli.signatures.peek import Peek
from hookcli.wire.http import Request

_TOLD = Peek("type", "id", "event.type")
_INTERACTIONS = {
    "1": "PING",
    "2": "APPLICATION_COMMAND",
    "3": "MESSAGE_COMPONENT",
    "4": "APPLICATION_COMMAND_AUTOCOMPLETE",
    "5": "MODAL_SUBMIT",
}


def _event(request: Request) -> tuple[str, str]:
    kind, event_id, inner = _TOLD(request.body)
    if inner:
        return inner, event_id
    return "PING" if kind == "0" else _INTERACTIONS.get(kind, kind), event_id


SCHEMES = (
    Asymmetric(
        name="discord",
        title="Discord",
        kind="ed25519",
        page="https://docs.discord.com/developers/interactions/overview",
        algorithm="ed25519, hex",
        header=b"X-Signature-Ed25519",
        encoding=Encoding.HEX,
        time_header=b"X-Signature-Timestamp",
        deadline_s=3,
        uncovered="age: Discord names no tolerance",
        event=_event,
    ),
)
