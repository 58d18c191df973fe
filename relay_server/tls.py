"""The relay's certificate, which may be replaced while connections are open."""

import os
import ssl
from pathlib import Path

from relay_server.settings import SettingError

_Stamp = tuple[tuple[int, int, int], ...]


class Certificate:
    """A certificate and its key in two files. Its methods read files: call them in a thread."""

    def __init__(self, cert: Path, key: Path) -> None:
        """Read the files.

        Raises:
            SettingError: they are not a certificate and its key.
        """
        self._files = (cert, key)
        self._seen = self._stamp()
        self._current = self._load()
        self.context = self._load()
        """For the server, once: every handshake takes what was read last."""
        self.context.sni_callback = self._choose

    def changed(self) -> bool:
        """Whether the files are others than when they were last read, or tried to be."""
        return self._stamp() != self._seen

    def load(self, cert: Path, key: Path) -> None:
        """Read the files again, or others; who is connected keeps what he has.

        Raises:
            SettingError: they are not a certificate and its key; the old ones stay in use.
        """
        self._files = (cert, key)
        # Looked at first: what changes while it is read is read once more.
        self._seen = self._stamp()
        self._current = self._load()

    def again(self) -> None:
        """Read the same files again.

        Raises:
            SettingError: they are not a certificate and its key; the old ones stay in use.
        """
        self.load(*self._files)

    def _choose(self, connection: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
        """In every handshake, before the certificate is chosen; with or without a name."""
        connection.context = self._current

    def _load(self) -> ssl.SSLContext:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        try:
            context.load_cert_chain(*self._files)
        except (OSError, ssl.SSLError) as error:
            files = ",".join(map(str, self._files))
            raise SettingError(f"{files}: not a certificate and its key: {error}") from error
        return context

    def _stamp(self) -> _Stamp:
        found = []
        for file in self._files:
            try:
                it = os.stat(file)
            except OSError:
                found.append((0, 0, 0))
            else:
                found.append((it.st_mtime_ns, it.st_size, it.st_ino))
        return tuple(found)
