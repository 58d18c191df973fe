"""Who may use a NATS server in operator mode: an operator, an account with JetStream, its users.

The tokens are those of https://docs.nats.io/running-a-nats-service/configuration/securing_nats/auth_intro/jwt:
JWTs of version 2, each signed with the NKey of whoever vouches for it.
"""

import base64
import json
import os
import time
from typing import Any

import nkeys

_NO_LIMITS = {"subs": -1, "data": -1, "payload": -1}
_ACCOUNT_LIMITS = _NO_LIMITS | {
    "imports": -1,
    "exports": -1,
    "wildcards": True,
    "conn": -1,
    "leaf": -1,
}
_JETSTREAM_LIMITS = {"mem_storage": -1, "disk_storage": 1 << 30, "streams": -1, "consumer": -1}


class Identity:
    """A key pair of an operator, an account or a user."""

    def __init__(self, kind: int) -> None:
        self.seed = bytes(nkeys.encode_seed(os.urandom(32), kind))
        self._pair = nkeys.from_seed(bytearray(self.seed))
        self.public = str(self._pair.public_key.decode())

    def vouch(self, subject: "Identity", kind: str, claims: dict[str, Any], **more: object) -> str:
        """A signed token of what the other may do."""
        body = {
            "jti": os.urandom(8).hex(),
            "iat": int(time.time()),
            "iss": self.public,
            "sub": subject.public,
            "name": kind,
            "nats": claims | {"type": kind, "version": 2},
        }
        signed = b".".join([_base64({"typ": "JWT", "alg": "ed25519-nkey"}), _base64(body | more)])
        return b".".join([signed, _text(self._pair.sign(signed))]).decode()


class Operator:
    """One operator, and one account on whose behalf relays come."""

    def __init__(self) -> None:
        self._me = Identity(nkeys.PREFIX_BYTE_OPERATOR)
        self._system, self.account = (Identity(nkeys.PREFIX_BYTE_ACCOUNT) for _ in range(2))
        self.revoked: dict[str, int] = {}
        """Users whose tokens up to that time (s) are void."""

    def user(self, *, of: Identity | None = None, **more: object) -> tuple[Identity, str]:
        """A user of the account and the text of its `.creds` file.

        Args:
            of: Another one who vouches for it.
            more: Further claims, such as `exp`, the time (s) at which it runs out.
        """
        user = Identity(nkeys.PREFIX_BYTE_USER)
        token = (of or self.account).vouch(user, "user", _NO_LIMITS, **more)
        return user, creds(token, user.seed)

    def revoke(self, user: Identity) -> None:
        """Its tokens are void, once a server reads its configuration."""
        self.revoked[user.public] = int(time.time())

    @property
    def configuration(self) -> dict[str, Any]:
        """What a server's configuration says of them."""
        limits = _ACCOUNT_LIMITS | _JETSTREAM_LIMITS
        accounts = {
            self.account: {"limits": limits, "revocations": self.revoked},
            self._system: {"limits": _ACCOUNT_LIMITS},
        }
        return {
            "operator": self._me.vouch(self._me, "operator", {}),
            "system_account": self._system.public,
            "resolver": "MEMORY",
            "resolver_preload": {
                account.public: self._me.vouch(account, "account", claims)
                for account, claims in accounts.items()
            },
        }


def creds(token: str, seed: bytes) -> str:
    """A `.creds` file, as `nsc` writes it."""
    return (
        f"-----BEGIN NATS USER JWT-----\n{token}\n------END NATS USER JWT------\n\n"
        "************************* IMPORTANT *************************\n"
        "NKEY Seed printed below can be used to sign and prove identity.\n\n"
        f"-----BEGIN USER NKEY SEED-----\n{seed.decode()}\n------END USER NKEY SEED------\n"
    )


def _base64(body: dict[str, Any]) -> bytes:
    return _text(json.dumps(body).encode())


def _text(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")
