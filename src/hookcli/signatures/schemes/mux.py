"""Mux: `t=…,v1=…`, HMAC-SHA-256 over `{t}.{body}`, five minutes of tolerance.

https://www.mux.com/docs/core/verify-webhook-signatures; its library needs more packages than a test
should bring.
"""

from hookcli.signatures.hmacs import Pairs
from hookcli.signatures.telling import telling

SCHEMES = (
    Pairs(
        name="mux",
        title="Mux",
        page="https://www.mux.com/docs/core/verify-webhook-signatures",
        header=b"Mux-Signature",
        tolerance_s=300,
        event=telling(type="body:type", id="body:id"),
    ),
)
