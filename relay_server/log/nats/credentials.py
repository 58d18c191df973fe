"""A file that shows NATS who the relay is: a user's JWT and the seed of its key, or a seed alone.

It is read again for every connection: such files run out, and are renewed while relays run.
"""

import asyncio
import base64
import logging
import re
import time
from pathlib import Path
from typing import Any

import msgspec
import nkeys
from msgspec import Struct

from relay_server.settings import PREFIX, SettingError

_log = logging.getLogger("relay")
_PART = re.compile(r"-----BEGIN ([A-Z ]+)-----\s+(\S+)\s+-+END \1-+")
_JWT, _SEED = "NATS USER JWT", "USER NKEY SEED"
_RENEW = "`nsc generate creds` writes a new one"


class _Claims(Struct):
    """What a user's JWT says."""

    sub: str
    """The user's public key."""
    exp: int = 0
    """When it runs out, seconds since the Unix epoch; 0: never."""


class Credentials:
    """One file, as it was when it could last be read."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seed = b""
        self._jwt: str | None = None
        self._claims: _Claims | None = None

    def read(self) -> None:
        """Read it.

        Raises:
            SettingError: it cannot be read, or is not what it should be.
        """
        try:
            text = self._path.read_text(encoding="ascii")
        except (OSError, UnicodeDecodeError) as error:
            why = getattr(error, "strerror", None) or "is not text"
            raise self._error(why.lower()) from error
        if self._path.suffix == ".nk":
            self._seed = text.strip().encode()
            _public(self._seed, self._error("is not the seed of an NKey"))
        else:
            self._read_both(dict(_PART.findall(text)))

    def _read_both(self, parts: dict[str, str]) -> None:
        wrong = self._error(f"holds no JWT of a user with the seed of its key; {_RENEW}")
        jwt, seed = parts.get(_JWT, ""), parts.get(_SEED, "").encode()
        try:
            body = jwt.split(".")[1]
            claims = msgspec.json.decode(
                base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)), type=_Claims
            )
        except (IndexError, ValueError) as error:
            raise wrong from error
        if _public(seed, wrong) != claims.sub:
            raise self._error(f"its JWT is not of the key beside it; {_RENEW}")
        self._jwt, self._seed, self._claims = jwt, seed, claims

    async def again(self) -> None:
        """Read it once more; if that cannot be, it stays what it was."""
        try:
            await asyncio.to_thread(self.read)
        except SettingError as error:
            _log.warning("%s", error)

    @property
    def options(self) -> dict[str, Any]:
        """What `nats.connect` takes of it."""
        if self._jwt is None:
            return {"nkeys_seed_str": self._seed.decode()}
        return {"user_jwt_cb": lambda: (self._jwt or "").encode(), "signature_cb": self._sign}

    def _sign(self, nonce: str) -> bytes:
        return base64.b64encode(nkeys.from_seed(bytearray(self._seed)).sign(nonce.encode()))

    def refused(self, told: Exception) -> SettingError:
        """What to do where NATS lets nobody in with it."""
        if self._claims is None:
            why = "add its public key to the users there"
        elif 0 < self._claims.exp <= time.time():
            at = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(self._claims.exp))
            why = f"it ran out on {at}; {_RENEW}"
        else:
            why = f"its user is revoked, or its account is unknown there; {_RENEW}"
        return self._error(f"NATS does not let it in ({told}): {why}")

    def _error(self, why: str) -> SettingError:
        return SettingError(f"{PREFIX}LOG_CREDENTIALS: {self._path}: {why}")


def _public(seed: bytes, wrong: SettingError) -> str:
    """The public key of a seed."""
    try:
        return str(nkeys.from_seed(bytearray(seed)).public_key.decode())
    except (nkeys.NkeysError, ValueError, IndexError) as error:
        raise wrong from error
