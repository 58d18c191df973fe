"""What a relay looks at before an event comes in: its signature, and whether it is a repeat."""

from collections.abc import Iterator
from typing import Any

from hookcli.cli import signing
from hookcli.cli.here import Here
from hookcli.config.secrets import reference
from hookcli.errors import UsageError

NONE = "any"
"""Takes a rule away."""


def changes(
    here: Here, *, verify: str, secret: str | None, dedup: str, window_s: int | None
) -> dict[str, object]:
    """The settings that the flags ask for.

    Raises:
        UsageError: a flag is wrong, or there is no secret for the scheme.
    """
    made: dict[str, object] = {}
    if verify == NONE:
        made["verify"] = None
    elif verify:
        made["verify"] = {"scheme": verify, "secrets": _secrets(here, verify, secret)}
    elif secret is not None:
        raise UsageError("--secret goes with --verify SCHEME")
    if dedup not in ("", "mark", "drop", NONE):
        raise UsageError(f"--dedup {dedup}: mark, drop or {NONE}")
    if dedup:
        made["dedup"] = None if dedup == NONE else dedup
    if window_s is not None:
        made["dedup_s"] = window_s
    return made


def _secrets(here: Here, scheme: str, given: str | None) -> list[str]:
    found = signing.source(here, given)(scheme)
    if not found:
        hint = f"--secret {reference(scheme)}, or set it under [secrets]"
        raise UsageError(f"no secret for {scheme}", hint=hint)
    try:
        return [one.raw.decode() for one in found]
    except UnicodeDecodeError:
        raise UsageError(f"the secret for {scheme} is not text") from None


def lines(found: dict[str, Any]) -> Iterator[str]:
    """The rules that hold, for people."""
    from hookcli.cli.render.words import safe, span

    if isinstance(verify := found.get("verify"), dict):
        count = verify.get("secrets")
        yield f"  verify: {safe(str(verify.get('scheme')))}, {count} secret(s); others get 401"
    if dedup := found.get("dedup"):
        told = "acknowledged and dropped" if dedup == "drop" else "marked"
        within = span(float(found.get("dedup_s") or 0) * 1000)
        yield f"  dedup: a repeat of the provider's event id within {within} is {told}"
