"""Requests for these tests: what a provider would send, before it is signed."""

from hookcli.signatures import Secret
from hookcli.wire.http import Request

NOW = 1_763_908_350_000_000
"""µs since the Unix epoch."""
SECRET = Secret("test", "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD")
"""Of a form that every scheme with a shared secret takes."""


def request(
    body: bytes = b'{"id": "evt_1", "type": "invoice.paid"}',
    *headers: tuple[bytes, bytes],
    method: str = "POST",
    url: str = "https://relay.example/ep_k3f9qz",
    target: bytes = b"/hooks",
) -> Request:
    """A POST to an endpoint."""
    return Request(method=method, url=url, target=target, headers=headers, body=body)
