"""Requests out of the forms other tools write."""

import re
from collections.abc import Iterable

from hookcli.errors import UsageError
from hookcli.workbench import message
from hookcli.workbench.imports import curl, har, ndjson
from hookcli.workbench.imports.curl import ReadFile
from hookcli.workbench.imports.item import Imported

__all__ = ["FORMATS", "Imported", "ReadFile", "detect", "read"]

FORMATS = ("har", "curl", "http", "ndjson")
"""The names of what can be read."""


def detect(data: bytes) -> str:
    """The form that `data` is most likely in; `http` when nothing else fits."""
    start = data.lstrip(b"\xef\xbb\xbf \t\r\n")[:4096]
    if re.match(rb"(?:#[^\n]*\n\s*)?(?:curl|printf)[ \t\\]", start):
        return "curl"
    if start.startswith(b"{"):
        line = data.lstrip().partition(b"\n")[0]
        return "ndjson" if b'"type"' in line and line.rstrip().endswith(b"}") else "har"
    return "http"


def read(
    data: bytes, name: str = "", *, base: str = "", read_file: ReadFile | None = None
) -> Iterable[Imported]:
    """The requests in `data`, in order; its form is looked for unless `name` says it.

    `base` is the endpoint's URL, by which an archive's or a command's URL is taken apart.
    UsageError names the place that cannot be read; what stood before it has been given.
    """
    match name or detect(data):
        case "har":
            return har.read(data, base=base)
        case "curl":
            return curl.read(data, base=base, read_file=read_file)
        case "http":
            found = message.read(data)
            return [Imported(request=found.request, http_version=found.http_version)]
        case "ndjson":
            return ndjson.read(data)
        case other:
            raise UsageError(f"{other!r} cannot be imported", hint=", ".join(FORMATS))
