"""Which relay, which endpoint, which token: from settings, credentials and, at first use, the API."""

from dataclasses import dataclass

from hookcli.cli.here import Here
from hookcli.cli.relay_api import RelayApi
from hookcli.config import endpoints
from hookcli.config.credentials import KnownEndpoint, KnownRelay
from hookcli.config.endpoints import ID_PREFIX
from hookcli.config.secrets import Secret
from hookcli.errors import AuthError, UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What a listener needs to connect."""

    origin: str
    endpoint: str
    """Its id."""
    name: str
    token: Secret


def relay_origin(here: Here) -> str:
    """The configured relay.

    Raises:
        UsageError: there is none.
    """
    if origin := here.settings.text("relay"):
        return origin
    hint = "hookcli login URL, or hookcli relay to run one"
    raise UsageError("no relay is configured", hint=hint)


def api(here: Here, origin: str, endpoint: KnownEndpoint | None = None) -> RelayApi:
    """The relay's API with the best token there is: given, the relay's key, the endpoint's own.

    Raises:
        AuthError: there is none.
    """
    if given := endpoints.given_token(here.settings, here.console.environ):
        return RelayApi(origin=origin, token=given)
    source = str(here.credentials.file)
    if key := here.credentials.relay(origin).key:
        return RelayApi(origin=origin, token=Secret(value=key, source=source))
    if endpoint is not None:
        return RelayApi(origin=origin, token=Secret(value=endpoint.token, source=source))
    raise no_token(here, origin)


def every_endpoint(here: Here, origin: str, *, open_relay: bool = False) -> list[Access]:
    """All endpoints that are asked for, `-e a,b`; see `endpoint`.

    Raises:
        UsageError: a token is given, which opens one of them. AuthError, RelayError: as there.
    """
    names = endpoints.names(here.settings)
    given = None if open_relay else endpoints.given_token(here.settings, here.console.environ)
    if len(names) > 1 and given is not None:
        why = (f"{given.source} opens one endpoint, and these are {len(names)}",)
        raise UsageError("each endpoint has a token of its own", why=why, hint="hookcli login URL")
    return [endpoint(here, origin, name, open_relay=open_relay) for name in names]


def endpoint(
    here: Here, origin: str, name: str | None = None, *, open_relay: bool = False
) -> Access:
    """The endpoint that is asked for; created, and remembered, when its name is new.

    Args:
        name: Its name or id; None: as the settings say.
        open_relay: The relay creates endpoints for everybody: it is inside this process.

    Raises:
        AuthError: no token for it, or none that creates it. RelayError: the relay does not answer.
    """
    name = name or endpoints.name(here.settings)
    given = None if open_relay else endpoints.given_token(here.settings, here.console.environ)
    known = here.credentials.relay(origin).endpoint(name)
    if given is not None:
        id_ = known.id if known else name
        if not id_.startswith(ID_PREFIX):
            why = (f"{given.source} opens one endpoint, and {name} is not known here",)
            hint = f"--endpoint {ID_PREFIX}…, or HOOKCLI_ENDPOINT"
            raise UsageError("the endpoint's id is needed", why=why, hint=hint)
        return Access(origin=origin, endpoint=id_, name=name, token=given)
    if known is None:
        known = _created(here, origin, name, open_relay=open_relay)
    token = Secret(value=known.token, source=str(here.credentials.file))
    return Access(origin=origin, endpoint=known.id, name=known.name, token=token)


def _created(here: Here, origin: str, name: str, *, open_relay: bool) -> KnownEndpoint:
    made: list[KnownEndpoint] = []

    def create(relay: KnownRelay) -> KnownRelay:
        # Under the lock: two listeners started at once shall share one endpoint.
        if found := relay.endpoint(name):
            made.append(found)
            return relay
        if name.startswith(ID_PREFIX) or (not relay.key and not open_relay):
            raise no_token(here, origin, name)
        key = Secret(value=relay.key, source=str(here.credentials.file)) if relay.key else None
        answer = RelayApi(origin=origin, token=key).create({"name": name})
        made.append(remembered(answer, name))
        return relay.with_endpoint(made[0])

    here.credentials.change(origin, create)
    return made[0]


def remembered(answer: dict[str, object], name: str) -> KnownEndpoint:
    """What is kept of the relay's answer."""
    return KnownEndpoint(
        id=str(answer["id"]),
        name=str(answer.get("name") or name),
        url=str(answer["url"]),
        token=str(answer["token"]),
    )


def no_token(here: Here, origin: str, name: str = "") -> AuthError:
    """The error when nothing opens the relay or the endpoint."""
    what = f"endpoint {name} of {origin}" if name else origin
    return AuthError(
        f"no token for {what}",
        why=(f"looked in: HOOKCLI_TOKEN, the settings' token, {here.credentials.file}",),
        hint=f"hookcli login {origin}",
    )
