"""WorkOS: `t=…, v1=…`, HMAC-SHA-256 over `{t}.{body}`, time in ms, three minutes of tolerance.

https://workos.com/docs/events/data-syncing/webhooks; its library needs more packages than a test
should bring.
"""

from hookcli.signatures.hmacs import Pairs
from hookcli.signatures.telling import telling
from hookcli.signatures.times import MILLISECOND

SCHEMES = (
    Pairs(
        name="workos",
        title="WorkOS",
        page="https://workos.com/docs/events/data-syncing/webhooks",
        header=b"WorkOS-Signature",
        glue=b", ",
        time_unit=MILLISECOND,
        tolerance_s=180,
        event=telling(type="body:event", id="body:id"),
    ),
)
