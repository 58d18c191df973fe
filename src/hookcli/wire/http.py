"""One HTTP request and one HTTP response, as bytes that nobody has interpreted."""

from msgspec import Struct

from hookcli.wire.headers import Headers


class Request(Struct, frozen=True, kw_only=True):
    """What a sender sent to an endpoint."""

    method: str
    """As sent, case kept: an ASCII token (RFC 9110 §9.1)."""
    url: str
    """The endpoint's public URL without a trailing slash: `https://relay.example/ep_…`."""
    target: bytes
    """What stood behind the endpoint id in the request target, undecoded: empty, or beginning
    with `/` or `?`. `url` followed by `target` is the URL the sender called."""
    headers: Headers
    """All header fields as received, hop-by-hop ones included."""
    body: bytes
    """The message body without its transfer coding (RFC 9112 §7); never decompressed."""

    @property
    def path(self) -> bytes:
        """The path a program sees: `target` up to its query, always beginning with `/`."""
        return self.target.partition(b"?")[0] or b"/"

    @property
    def query(self) -> bytes:
        """The raw query behind the first `?`, without it; empty when there is none."""
        return self.target.partition(b"?")[2]


class Response(Struct, frozen=True, kw_only=True):
    """What a program answered."""

    status: int
    reason: bytes
    headers: Headers
    body: bytes
