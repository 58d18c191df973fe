"""Which endpoint a command is about, as far as this machine knows."""

from collections.abc import Mapping

from hookcli.config.credentials import Credentials, KnownEndpoint
from hookcli.config.load import Settings
from hookcli.config.secrets import Secret, resolve

DEFAULT = "default"
"""The name of the endpoint that is created at first use."""

LOCAL_PORT = 4747
"""Where the relay inside `hookcli listen` listens, if the port is free."""

LOCAL_RELAY = f"http://127.0.0.1:{LOCAL_PORT}"
ID_PREFIX = "ep_"


def name(settings: Settings) -> str:
    """The endpoint's name or id as it is called in the settings; the first of several."""
    return names(settings)[0]


def names(settings: Settings) -> list[str]:
    """Every endpoint that is named, `a,b`: a listener may have several."""
    given = (settings.text("endpoint") or "").split(",")
    return [one.strip() for one in given if one.strip()] or [DEFAULT]


def known(settings: Settings, credentials: Credentials) -> KnownEndpoint | None:
    """The endpoint, if it was made or seen from here."""
    origin = settings.text("relay") or LOCAL_RELAY
    return credentials.relay(origin).endpoint(name(settings))


def known_id(settings: Settings, credentials: Credentials) -> str | None:
    """The endpoint's id, if it can be known without asking a relay."""
    if name(settings).startswith(ID_PREFIX):
        return name(settings)
    found = known(settings, credentials)
    return found.id if found else None


def given_token(settings: Settings, environ: Mapping[str, str]) -> Secret | None:
    """The token that the environment or the settings name; it goes before what `login` has kept."""
    if value := environ.get("HOOKCLI_TOKEN"):
        return Secret(value=value, source="HOOKCLI_TOKEN")
    if reference := settings.text("token"):
        return resolve(reference, environ, name="token")
    return None
