"""Messages as frames of a WebSocket client (RFC 6455 §5): masked, several in one write.

The `websockets` library reads frames and masks them; for what is written it would ask the kernel for
four random bytes each time.
"""

import os

try:
    from websockets.speedups import apply_mask
except ImportError:  # a platform without compiled wheels
    from websockets.utils import apply_mask

from hookcli.wire.frames import MASKED, head

_FRESH = 4096
"""Random bytes that are asked for at once."""


class Masks:
    """Masking keys from the kernel's randomness (RFC 6455 §5.3), four bytes each, none used twice."""

    def __init__(self) -> None:
        self._bytes, self._at = b"", 0

    def take(self) -> bytes:
        """The next key."""
        if self._at >= len(self._bytes):
            self._bytes, self._at = os.urandom(_FRESH), 0
        self._at += 4
        return self._bytes[self._at - 4 : self._at]


def binary(message: bytes, mask: bytes) -> tuple[bytes, bytes]:
    """One binary message as one frame: its head, and the masked message."""
    return head(len(message), MASKED) + mask, apply_mask(message, mask)
