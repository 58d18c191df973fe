"""CircleCI: `v1=` and HMAC-SHA-256 over the body, no time; other versions may stand beside it.

https://circleci.com/docs/guides/integration/outbound-webhooks/#validate-webhooks gives vectors;
there is no library that checks.
"""

from dataclasses import dataclass

from hookcli.signatures.fields import one
from hookcli.signatures.hmacs import Hmac, check_texts
from hookcli.signatures.telling import telling
from hookcli.wire.http import Request


@dataclass(frozen=True, kw_only=True)
class _CircleCi(Hmac):
    def texts(self, request: Request) -> tuple[bytes, ...]:
        parts = [part.strip(b" \t") for part in one(request, self.header).split(b",")]
        texts = [part.removeprefix(b"v1=") for part in parts if part.startswith(b"v1=")]
        return check_texts(texts, self.encoding, self.size, "v1 in circleci-signature")


SCHEMES = (
    _CircleCi(
        name="circleci",
        title="CircleCI",
        page="https://circleci.com/docs/guides/integration/outbound-webhooks/",
        header=b"circleci-signature",
        prefix=b"v1=",
        uncovered="time: an old request is accepted for ever",
        event=telling(type="body:type", id="body:id"),
    ),
)
