"""Telegram bots: a secret token in a field; nothing is signed.

https://core.telegram.org/bots/api#setwebhook; there is nothing to compute.
"""

import re

from hookcli.signatures.peek import Peek
from hookcli.signatures.tokens import Token
from hookcli.wire.http import Request

_UPDATE = Peek("update_id")
_KIND = re.compile(rb'"update_id"\s*:\s*\d+\s*,\s*"([a-z_]{1,60})"\s*:')


def _event(request: Request) -> tuple[str, str]:
    match = _KIND.search(request.body[:4096])
    return (match[1].decode() if match else "", _UPDATE(request.body)[0])


SCHEMES = (
    Token(
        name="telegram",
        title="Telegram",
        page="https://core.telegram.org/bots/api#setwebhook",
        header=b"X-Telegram-Bot-Api-Secret-Token",
        event=_event,
    ),
)
