"""Who may create endpoints: the holder of the relay's key, or anyone where the relay is open."""

import hmac
import re

from hookcli.wire.headers import first
from hookcli.wire.messages import Pairs
from relay_server import auth
from relay_server.answers import Answer, refusal
from relay_server.log.base import Log

_LOOPBACK = (b"localhost", b"127.0.0.1", b"[::1]")
_KEY = "key_sha256"


class Access:
    """The relay's key, hashed, and whether one is needed."""

    def __init__(self, key_sha256: str, *, is_open: bool) -> None:
        self._sha256 = key_sha256
        self._open = is_open

    def is_key(self, token: str) -> bool:
        """Whether this is the relay's key."""
        return hmac.compare_digest(auth.hashed(token), self._sha256)

    def may_create(self, token: str) -> bool:
        """Whether endpoints may be created with this token, or without one."""
        return self.is_key(token) or self._open

    def browser(self, headers: Pairs) -> Answer | None:
        """Why a page in a browser gets nothing from an open relay.

        Such a relay is on loopback and asks for no key, so any page that the developer visits could
        use it: by a cross-origin request, which carries `Origin`, or by a name of its own that
        resolves to loopback, which shows in `Host`.
        """
        if not self._open:
            return None
        host = (first(headers, b"host") or b"").lower()
        name = re.sub(rb":\d*$", b"", host)
        if first(headers, b"origin") is not None or name not in _LOOPBACK:
            return refusal(403, "browser", "this relay is for programs on this machine only")
        return None


async def load_key(log: Log, given: str | None) -> tuple[str, str | None]:
    """The SHA-256 of the relay's key, and the key itself if it has just been made.

    Raises:
        StorageError: the log cannot be read or written.
    """
    if given is not None:
        return auth.hashed(given), None
    stored = await log.get_meta(_KEY)
    if stored is not None:
        return stored, None
    key = auth.new_token()
    held = await log.settle_meta(_KEY, auth.hashed(key))
    # Another relay on the same log may have started at the same moment.
    return held, key if held == auth.hashed(key) else None
