"""X: `sha256=` and base64 of HMAC-SHA-256 over the body, no time.

https://docs.x.com/x-api/webhooks/introduction; the key is the app's consumer secret. There is no
library that checks. The challenge (CRC) is in `handshakes`.
"""

import re

from hookcli.signatures.hmacs import Encoding, Hmac
from hookcli.wire.http import Request

_EVENTS = re.compile(rb'"([a-z_]{1,60}_events?)"\s*:\s*[\[{]')
_LOOKED_AT = 65_536


def _event(request: Request) -> tuple[str, str]:
    match = _EVENTS.search(request.body[:_LOOKED_AT])
    return (match[1].decode() if match else "", "")


SCHEMES = (
    Hmac(
        name="x",
        title="X",
        page="https://docs.x.com/x-api/webhooks/introduction",
        header=b"X-Twitter-Webhooks-Signature",
        encoding=Encoding.BASE64,
        prefix=b"sha256=",
        uncovered="time: an old request is accepted for ever",
        event=_event,
    ),
)
