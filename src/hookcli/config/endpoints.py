"""Which endpoint a command is about, as far as this machine knows."""

from collections.abc import Callable, Mapping

from hookcli.config.credentials import Credentials, KnownEndpoint, KnownRelay
from hookcli.config.load import Settings
from hookcli.config.secrets import Secret, resolve

DEFAULT = "default"
"""The name of the endpoint that is created at first use."""

LOCAL_PORTS = range(4747, 4767)
"""Where the relay inside `hookcli listen` listens: at the first that is free."""

LOCAL_RELAYS = [f"http://127.0.0.1:{port}" for port in LOCAL_PORTS]
ID_PREFIX = "ep_"


def name(settings: Settings) -> str:
    """The endpoint's name or id as it is called in the settings; the first of several."""
    return names(settings)[0]


def names(settings: Settings) -> list[str]:
    """Every endpoint that is named, `a,b`: a listener may have several."""
    given = (settings.text("endpoint") or "").split(",")
    return [one.strip() for one in given if one.strip()] or [DEFAULT]


def known(
    settings: Settings, credentials: Credentials, is_heard: Callable[[str], bool]
) -> KnownEndpoint | None:
    """The endpoint, if it was made or seen from here.

    With no relay configured there may be one of this name on each local port: then it is the one
    that `is_heard` says a listener is on.
    """
    origin, relays = settings.text("relay"), credentials.relays()
    each = (relays.get(one, KnownRelay()) for one in ([origin] if origin else LOCAL_RELAYS))
    found = [one for relay in each if (one := relay.endpoint(name(settings)))]
    return next((one for one in found if is_heard(one.id)), found[0] if found else None)


def given_token(settings: Settings, environ: Mapping[str, str]) -> Secret | None:
    """The token that the environment or the settings name; it goes before what `login` has kept."""
    if value := environ.get("HOOKCLI_TOKEN"):
        return Secret(value=value, source="HOOKCLI_TOKEN")
    if reference := settings.text("token"):
        return resolve(reference, environ, name="token")
    return None
