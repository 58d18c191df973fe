"""The relay's HTTP API, asked over the standard library: small, rare calls before anything streams."""

import json
import logging
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from types import MappingProxyType
from typing import Any
from urllib.parse import quote, urlsplit

from hookcli.config.secrets import Secret
from hookcli.errors import AuthError, HookcliError, NotFoundError, RelayError, UsageError
from hookcli.wire.version import SUBPROTOCOL

TIMEOUT_S = 5.0
TRIES = 3
_MAX_ANSWER = 4 << 20
_WIRE = logging.getLogger("hookcli.wire")
_HANDSHAKE = MappingProxyType(
    {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "aG9va2NsaSBkb2N0b3IhIQ==",
        "Sec-WebSocket-Protocol": SUBPROTOCOL,
    }
)
_COULD = 422
"""What a relay says of the beginning alone: all that comes before it was as it should be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayApi:
    """One relay, and what opens it."""

    origin: str
    token: Secret | None = None
    """None only where the relay is open: the one inside this process."""
    timeout_s: float = TIMEOUT_S

    def health(self) -> dict[str, Any]:
        """Whether the relay could store an event now: `status`, `log`, its clock `now`, µs."""
        _, body = self._tried("GET", "/_/health", None)
        try:
            answer = json.loads(body)
        except ValueError:
            raise self._odd() from None
        if not isinstance(answer, dict) or "status" not in answer:
            raise self._odd()
        return answer

    def try_stream(self, endpoint: str) -> None:
        """Whether a stream could be opened: its handshake, with a beginning that cannot be.

        Raises:
            RelayError: a proxy lets no WebSocket through, or the relay speaks another version.
        """
        path = f"{_path(endpoint)}/stream?after=-"
        status, body = self._tried("GET", path, None, _HANDSHAKE)
        if status == _COULD:
            return
        try:
            raise self._refusal(status, json.loads(body))
        except ValueError:
            raise RelayError(
                f"{self.host} lets no WebSocket through (HTTP {status})",
                hint="a proxy in between must pass Upgrade on, under /_/v1/",
            ) from None

    def create(self, settings: Mapping[str, object]) -> dict[str, Any]:
        """Create an endpoint: `id`, `url`, `token` (shown once) and its settings."""
        return self._dict("POST", "/_/v1/endpoints", settings)

    def list(self) -> list[dict[str, Any]]:
        """The endpoints that the key has created."""
        answer = self._ask("GET", "/_/v1/endpoints")
        found = answer.get("endpoints") if isinstance(answer, dict) else answer
        if not isinstance(found, list):
            raise self._odd()
        return found

    def show(self, endpoint: str) -> dict[str, Any]:
        """One endpoint's settings."""
        return self._dict("GET", _path(endpoint))

    def change(self, endpoint: str, settings: Mapping[str, object]) -> dict[str, Any]:
        """Change settings; what they are now."""
        return self._dict("PATCH", _path(endpoint), settings)

    def rotate(self, endpoint: str, overlap_s: int) -> dict[str, Any]:
        """A new `token`; the old one works for `overlap_s` seconds more."""
        return self._dict("POST", _path(endpoint) + "/rotate", {"overlap_s": overlap_s})

    def delete(self, endpoint: str) -> None:
        """Delete an endpoint with its log."""
        self._ask("DELETE", _path(endpoint))

    def _dict(
        self, method: str, path: str, value: Mapping[str, object] | None = None
    ) -> dict[str, Any]:
        answer = self._ask(method, path, value)
        if not isinstance(answer, dict):
            raise self._odd()
        return answer

    def _ask(self, method: str, path: str, value: Mapping[str, object] | None = None) -> Any:
        """One call.

        Raises:
            RelayError: unreachable, or not a relay. AuthError: 401 or 403. NotFoundError: 404.
            UsageError: the relay does not accept a setting.
        """
        status, body = self._tried(method, path, value)
        try:
            answer = json.loads(body) if body else None
        except ValueError:
            raise self._odd() from None
        if 200 <= status < 300:
            return answer
        raise self._refusal(status, answer)

    def _tried(
        self,
        method: str,
        path: str,
        value: Mapping[str, object] | None,
        more: Mapping[str, str] = MappingProxyType({}),
    ) -> tuple[int, bytes]:
        began = time.monotonic()
        # Only what changes nothing is tried again: a lost answer may mean a done deed.
        tries = TRIES if method == "GET" else 1
        for number in range(1, tries + 1):
            try:
                return self._once(method, path, value, more)
            except (OSError, HTTPException) as error:
                if number == tries:
                    raise self._unreachable(error, time.monotonic() - began, tries) from error
                time.sleep(0.1 * number)
        raise AssertionError("a try returns or raises")

    def _once(
        self, method: str, path: str, value: Mapping[str, object] | None, more: Mapping[str, str]
    ) -> tuple[int, bytes]:
        parts = urlsplit(self.origin)
        kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        connection = kind(parts.hostname or "", parts.port, timeout=self.timeout_s)
        headers = {"Accept": "application/json", "User-Agent": "hookcli", **more}
        if self.token is not None:
            headers["Authorization"] = f"Bearer {self.token.value}"
        body = None
        if value is not None:
            body = json.dumps(value).encode()
            headers["Content-Type"] = "application/json"
        _WIRE.debug("relay > %s %s%s (%d B)", method, self.origin, path, len(body or b""))
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            answer = response.read(_MAX_ANSWER)
            _WIRE.debug("relay < %d (%d B)", response.status, len(answer))
            return response.status, answer
        finally:
            connection.close()

    @property
    def host(self) -> str:
        """The relay's name for people."""
        return urlsplit(self.origin).netloc

    def _unreachable(self, error: Exception, took_s: float, tries: int) -> HookcliError:
        why = reason(error)
        if why == "timed out":
            why += f" after {took_s:.0f} s"
        if tries > 1:
            why += f", {tries} tries"
        return RelayError(
            f"cannot reach {self.host} ({why})",
            why=("captures made here are still available: hookcli ls",),
            hint="hookcli doctor",
        )

    def _refusal(self, status: int, answer: Any) -> HookcliError:
        error = answer.get("error") if isinstance(answer, dict) else None
        error = error if isinstance(error, dict) else {}
        message = str(error.get("message") or f"HTTP {status}")
        hint = str(error["hint"]) if error.get("hint") else None
        if status in (401, 403):
            return refused(self.origin, self.token)
        if status == 404:
            return NotFoundError(f"{self.host}: {message}", hint=hint or "hookcli endpoint ls")
        if status in (400, 409, 422):
            return UsageError(f"{self.host}: {message}", hint=hint)
        return RelayError(f"{self.host} refuses: {message}", hint=hint)

    def _odd(self) -> RelayError:
        return RelayError(
            f"{self.host} does not answer as a hookcli relay does",
            hint="check the URL: it is the relay's own, without a path",
        )


def refused(origin: str, token: Secret | None) -> AuthError:
    """The relay does not take this token; names where it came from."""
    source = token.source if token else "nowhere: none is configured"
    return AuthError(
        f"{urlsplit(origin).netloc} does not accept this token",
        why=(f"token from: {source}",),
        hint=f"hookcli login {origin}",
    )


def reason(error: Exception) -> str:
    """Why a relay cannot be reached, in a few words."""
    if isinstance(error, TimeoutError):
        return "timed out"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"certificate: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return "no TLS there"
    if isinstance(error, socket.gaierror):
        return "the name does not resolve"
    if isinstance(error, ConnectionRefusedError):
        return "connection refused"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return "no HTTP there" if isinstance(error, HTTPException) else type(error).__name__


def _path(endpoint: str) -> str:
    return f"/_/v1/endpoints/{quote(endpoint, safe='')}"
