"""How long a sender may be held, where nobody has said: its provider's own patience, less a second."""

from hookcli.signatures.table import recognise
from hookcli.wire.http import Request
from relay_server.admission import Head

_LESS_MS = 1_000
_LEAST_MS = 500


def deadline_ms(head: Head, otherwise: int) -> int:
    """The smaller of `otherwise` and what the provider gives an answer, minus a second for the way.

    A provider is known by its header fields; of others nothing is known.
    """
    request = Request(
        method=head.method, url="", target=head.target, headers=head.headers, body=b""
    )
    scheme = recognise(request)
    if scheme is None or scheme.deadline_s is None:
        return otherwise
    return min(otherwise, max(_LEAST_MS, round(scheme.deadline_s * 1000) - _LESS_MS))
