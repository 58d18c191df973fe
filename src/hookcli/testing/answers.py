"""What an application answered to a webhook that a test sent."""

import json
from dataclasses import dataclass
from operator import methodcaller
from typing import Any

from hookcli.errors import HookcliError
from hookcli.wire.headers import Headers, values

HIDDEN = methodcaller("errisinstance", HookcliError)
"""For `__tracebackhide__`: a failure that says what to do is shown where the test has called."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer, as bytes that nobody has interpreted."""

    status: int
    headers: Headers
    body: bytes

    @property
    def ok(self) -> bool:
        """Whether a provider would take it for a success: 2xx."""
        return 200 <= self.status < 300

    @property
    def text(self) -> str:
        """The body as UTF-8; what is none becomes U+FFFD."""
        return self.body.decode("utf-8", "replace")

    def json(self) -> Any:
        """The body as JSON; ValueError when it is none."""
        return json.loads(self.body)

    def header(self, name: str) -> str | None:
        """The first value of a field; None when it is not there."""
        found = values(self.headers, name.lower().encode("latin-1"))
        return found[0].decode("latin-1") if found else None

    def __repr__(self) -> str:
        """Short enough for an assertion's message."""
        body = self.text if len(self.body) <= 200 else f"{self.text[:200]}…"
        return f"<Answer {self.status} {body!r}>"
