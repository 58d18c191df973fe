"""Signing secrets of the configuration and of `--secret`, as `hookcli.signatures` takes them.

A secret is called after its variable or its file: names are shown, values never.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING

from hookcli.cli.here import Here
from hookcli.errors import ConfigError, UsageError

if TYPE_CHECKING:
    from hookcli.signatures import Scheme, Secret
    from hookcli.workbench.resign import Wish


_SAME_SECRET = {
    "svix": "standard-webhooks",
    "standard-webhooks": "svix",
    "github": "github-sha1",
    "github-sha1": "github",
}
"""Schemes that differ in their fields only: one's secret is the other's where that has none."""


def secrets_of(here: Here, scheme: str) -> "list[Secret]":
    """The secrets that are configured for a scheme and can be read, in order."""
    from hookcli.config.secrets import available

    configured = here.settings.secrets
    references = configured.get(scheme) or configured.get(_SAME_SECRET.get(scheme, ""), ())
    found, _ = available(scheme, references, here.console.environ)
    return [_named(one.source, one.value) for one in found]


def recipes(here: Here) -> "tuple[Scheme, ...]":
    """The schemes of the user's own.

    Raises:
        ConfigError: one of them is described wrongly.
    """
    if not here.settings.schemes:
        return ()
    from hookcli.signatures import recipe

    return tuple(recipe(name, keys) for name, keys in here.settings.schemes.items())


def wish(here: Here, resign: bool | None, secret: str | None) -> "Wish":
    """Whether and with what is signed again, as the flags and the configuration say."""
    from hookcli.workbench.resign import Wish

    return Wish(resign=resign, secrets=source(here, secret), recipes=recipes(here))


def by_scheme(here: Here) -> "Mapping[str, Sequence[Secret]]":
    """All secrets that are configured and can be read, for a listener."""
    named = dict.fromkeys(here.settings.secrets)
    alike = dict.fromkeys(_SAME_SECRET[one] for one in named if one in _SAME_SECRET)
    return {scheme: secrets_of(here, scheme) for scheme in named | alike}


def faults(here: Here) -> list[str]:
    """Why secrets that are configured cannot be read, a sentence each."""
    from hookcli.config.secrets import available

    found = here.settings.secrets.items()
    return [
        fault
        for scheme, references in found
        for fault in available(scheme, references, here.console.environ)[1]
    ]


def source(here: Here, given: str | None) -> "Callable[[str], Sequence[Secret]]":
    """Where secrets come from: `--secret`, for whatever scheme, else the configuration.

    Raises:
        UsageError: `--secret` is wrong, or what it names cannot be read.
    """
    if given is None:
        known: dict[str, list[Secret]] = {}

        def configured(scheme: str) -> "list[Secret]":
            if scheme not in known:
                known[scheme] = secrets_of(here, scheme)
            return known[scheme]

        return configured
    one = read_secret(here, given)
    return lambda scheme: (one,)


def read_secret(here: Here, text: str) -> "Secret":
    """`env:NAME`, `@FILE` or `file:FILE`; never the value itself, which other users could see.

    Raises:
        UsageError: it is none of these, or it cannot be read.
    """
    from hookcli.config.secrets import resolve

    reference = f"file:{text[1:]}" if text.startswith("@") else text
    if not reference.startswith(("env:", "file:")):
        raise UsageError(
            "--secret: env:NAME or @FILE is wanted, never the value itself",
            why=("a command line can be read by others, and stays in the shell's history",),
            hint="--secret env:STRIPE_WEBHOOK_SECRET",
        )
    try:
        found = resolve(reference, here.console.environ, name="--secret")
    except ConfigError as error:
        raise UsageError(error.message.removeprefix("secret ")) from None
    return _named(found.source, found.value)


def _named(source: str, value: str) -> "Secret":
    from hookcli.signatures import Secret

    return Secret(PurePath(source).name or source, value)
