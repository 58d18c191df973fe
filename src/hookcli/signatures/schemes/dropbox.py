"""Dropbox: HMAC-SHA-256 over the body, no time; the key is the app's secret.

https://www.dropbox.com/developers/reference/webhooks; Dropbox's library does not check webhooks.
"""

from hookcli.signatures.hmacs import Hmac
from hookcli.signatures.peek import Peek
from hookcli.wire.http import Request

_ACCOUNTS = Peek("list_folder.accounts.0", "delta.users.0")


def _event(request: Request) -> tuple[str, str]:
    return ("list_folder" if any(_ACCOUNTS(request.body)) else "", "")


SCHEMES = (
    Hmac(
        name="dropbox",
        title="Dropbox",
        page="https://www.dropbox.com/developers/reference/webhooks",
        header=b"X-Dropbox-Signature",
        deadline_s=10,
        uncovered="time: an old request is accepted for ever",
        event=_event,
    ),
)
