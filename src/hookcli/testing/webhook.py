"""A webhook in a test: a saved capture, changed and signed as the test wants it, and sent."""

import asyncio
import json
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from msgspec import structs

from hookcli import signatures
from hookcli.captures.display import display_text
from hookcli.errors import UsageError
from hookcli.signatures import Scheme, Secret
from hookcli.testing.answers import HIDDEN, Answer
from hookcli.testing.sending import App, send
from hookcli.wire.http import Request
from hookcli.workbench import mutate
from hookcli.workbench.crafting import Signing, signed
from hookcli.workbench.edits import DropHeader, Edit, SetBody, SetHeader, SetJson, SetText, Unset
from hookcli.workbench.jsonpath import parse
from hookcli.workbench.message import read

T = TypeVar("T")
TIMEOUT_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """One webhook; every method that changes something gives a new one.

    Where a test secret is known for the provider, it is signed when it is sent, as the provider would
    at that moment. Without one it is sent with the signature that was captured.
    """

    name: str
    """Of its file, without the suffix: `stripe/invoice-paid`."""
    request: Request
    secrets: Mapping[str, Secret] = field(default_factory=dict, repr=False)
    """Test secrets by scheme."""
    scheme: str = ""
    """How it is signed; empty: as its fields tell."""
    is_signed: bool = True
    """It is signed when it is sent, if a secret is known."""
    is_bad: bool = False
    age_s: float = 0.0

    # -- what it is -----------------------------------------------------------------------------

    @property
    def body(self) -> bytes:
        """Its bytes."""
        return self.request.body

    def json(self) -> Any:
        """The body as JSON; ValueError when it is none."""
        return json.loads(self.request.body)

    @property
    def id(self) -> str:
        """The provider's own id of the event; empty when it has none."""
        return self._event[1]

    @property
    def type(self) -> str:
        """The provider's name for what happened; empty when it has none."""
        return self._event[0]

    @property
    def _event(self) -> tuple[str, str]:
        """Type and id, as the scheme finds them."""
        scheme = signatures.load(self._scheme_name) if self._scheme_name else None
        return scheme.event(self.request) if scheme is not None else ("", "")

    # -- changed --------------------------------------------------------------------------------

    def set(self, path: str, value: object) -> "Webhook":
        """With another value in the body, the rest of it to the byte as it was.

        UsageError: there is no such place.
        """
        if isinstance(value, str):
            return self._edited(SetText(path=parse(path), text=value))
        return self._edited(SetJson(path=parse(path), json=json.dumps(value)))

    def unset(self, path: str) -> "Webhook":
        """Without a value of the body."""
        return self._edited(Unset(path=parse(path)))

    def header(self, name: str, value: str | None) -> "Webhook":
        """With this one value of a field; None: without the field."""
        field_name = name.encode("latin-1")
        if value is None:
            return self._edited(DropHeader(name=field_name))
        return self._edited(SetHeader(name=field_name, value=value.encode("utf-8")))

    def with_body(self, body: bytes) -> "Webhook":
        """With another body."""
        return self._edited(SetBody(body=body))

    def with_target(self, target: str) -> "Webhook":
        """For another path and query: `/hooks?x=1`."""
        request = structs.replace(self.request, target=target.encode("utf-8", "surrogateescape"))
        return replace(self, request=request)

    def _edited(self, edit: Edit) -> "Webhook":
        __tracebackhide__ = HIDDEN
        return replace(self, request=mutate.apply(self.request, [edit]))

    def __repr__(self) -> str:
        """Short enough for a failure's picture of the test."""
        called = f"{self.request.method} {display_text(self.request.target.decode('latin-1'))}"
        return f"<Webhook {self.name} {called} {len(self.body):,} B>"

    # -- signed ---------------------------------------------------------------------------------

    def signed(self, secret: str | bytes | None = None, *, scheme: str = "") -> "Webhook":
        """Signed with this secret, by this scheme; without them as is known."""
        __tracebackhide__ = HIDDEN
        name = scheme or self._scheme_name
        secrets = self.secrets
        if secret is not None:
            secrets = {**secrets, name: Secret("test", secret)}
        made = replace(self, secrets=secrets, scheme=scheme or self.scheme, is_signed=True)
        if made._secret is None:
            raise UsageError(
                f"{self.name}: no test secret for {name or 'a provider that is not known'}",
                hint="[tool.pytest.ini_options] webhook_secrets = ['stripe=whsec_test']",
            )
        return made

    def as_captured(self) -> "Webhook":
        """With the signature that it has, and no other."""
        return replace(self, is_signed=False)

    def bad_signature(self) -> "Webhook":
        """With a signature of the right form that does not hold."""
        __tracebackhide__ = HIDDEN
        return replace(self.signed(), is_bad=True)

    def stale(self, seconds: float = 3600.0) -> "Webhook":
        """Rightly signed, so long ago.

        UsageError: its provider signs no time, so that none of its webhooks grows stale.
        """
        __tracebackhide__ = HIDDEN
        now, fresh = time.time_ns() // 1000, self.signed()
        old = replace(fresh, age_s=seconds)
        if seconds and old._ready(now) == fresh._ready(now):
            raise UsageError(f"{self.name}: {self._scheme_name} signs no time, so nothing is stale")
        return old

    @property
    def _scheme_name(self) -> str:
        return self.scheme or signatures.identify(self.request).scheme

    @property
    def _secret(self) -> Secret | None:
        return self.secrets.get(self._scheme_name)

    def ready(self) -> Request:
        """The request as it is sent now."""
        return self._ready(time.time_ns() // 1000)

    def _ready(self, now: int) -> Request:
        secret = self._secret
        if not self.is_signed or secret is None:
            return self.request
        scheme: Scheme | None = signatures.load(self._scheme_name)
        how = Signing(scheme=scheme, secret=secret, bad=self.is_bad, age_us=round(self.age_s * 1e6))
        return signed(self.request, how, now=now)

    # -- sent -----------------------------------------------------------------------------------

    def send(self, to: App, *, timeout_s: float = TIMEOUT_S) -> Answer:
        """Send it and wait for the answer; in a coroutine: `await webhook.asend(app)`.

        Args:
            to: A URL, `8000`; an ASGI application; a WSGI application.

        Raises:
            TargetError: nobody answers. What an application raises is raised.
        """
        __tracebackhide__ = HIDDEN
        return _run(self.asend(to, timeout_s=timeout_s))

    async def asend(self, to: App, *, timeout_s: float = TIMEOUT_S) -> Answer:
        """The same in a coroutine."""
        __tracebackhide__ = HIDDEN
        return await send(self.ready(), to, timeout_s=timeout_s)

    def send_twice(self, to: App, *, timeout_s: float = TIMEOUT_S) -> tuple[Answer, Answer]:
        """Send it, and the same again, as every provider does sooner or later."""
        return self.send(to, timeout_s=timeout_s), self.send(to, timeout_s=timeout_s)


def _run(work: Coroutine[Any, Any, T]) -> T:
    __tracebackhide__ = HIDDEN
    try:
        _ = asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    work.close()
    raise UsageError("this test is a coroutine", hint="await webhook.asend(app)")


class Webhooks:
    """The saved captures of a project."""

    def __init__(self, folder: Path, secrets: Mapping[str, Secret]) -> None:
        self.folder, self.secrets = folder, secrets

    def __call__(self, name: str) -> Webhook:
        """One of them: `webhooks("stripe/invoice-paid.http")`; the suffix may be left out.

        UsageError: there is none, or the file is no HTTP message.
        """
        __tracebackhide__ = HIDDEN
        file = self.folder / name
        if not file.is_file():
            file = file.with_name(f"{file.name}.http")
        if not file.is_file():
            raise UsageError(f"there is no webhook {self.folder / name}", hint=_hint(self.folder))
        return self._read(file)

    def sample(self, name: str, target: str = "/") -> Webhook:
        """One of hookcli's own, `stripe/invoice.paid` (`hookcli trigger --list`), a new event each time.

        NotFoundError: no sample is called so.
        """
        import os

        from hookcli.signatures.samples import sample

        now, nonce = time.time_ns() // 1000, os.urandom(16)
        made = sample(name, url="http://testserver", target=target.encode(), now=now, nonce=nonce)
        return Webhook(name=name, request=made.request, secrets=self.secrets, scheme=made.scheme)

    def all(self, *patterns: str) -> list[Webhook]:
        """Those that fit one of the patterns, `stripe/*.http`, by name; UsageError for none."""
        __tracebackhide__ = HIDDEN
        patterns = patterns or ("**/*.http",)
        found = find(self.folder, patterns)
        if not found:
            raise UsageError(
                f"no file fits {', '.join(patterns)} in {self.folder}", hint=_hint(self.folder)
            )
        return [self._read(file) for file in found]

    def __repr__(self) -> str:
        """Where they are."""
        return f"<Webhooks {self.folder}>"

    def _read(self, file: Path) -> Webhook:
        __tracebackhide__ = HIDDEN
        try:
            request = read(file.read_bytes()).request
        except UsageError as error:
            raise UsageError(f"{file}: {error.message}", hint=error.hint) from None
        return Webhook(name=name_of(self.folder, file), request=request, secrets=self.secrets)

    def send(
        self,
        webhooks: Sequence[Webhook],
        to: App,
        *,
        order: Callable[[Sequence[Webhook]], Sequence[Webhook]] = tuple,
        timeout_s: float = TIMEOUT_S,
    ) -> list[Answer]:
        """Send several, one after the other, in any order: `order=lambda some: some[::-1]`."""
        return _run(self.asend(webhooks, to, order=order, timeout_s=timeout_s))

    async def asend(
        self,
        webhooks: Sequence[Webhook],
        to: App,
        *,
        order: Callable[[Sequence[Webhook]], Sequence[Webhook]] = tuple,
        timeout_s: float = TIMEOUT_S,
    ) -> list[Answer]:
        """The same in a coroutine."""
        return [await one.asend(to, timeout_s=timeout_s) for one in order(webhooks)]


def find(folder: Path, patterns: Sequence[str]) -> list[Path]:
    """The files that fit, sorted, each once."""
    found = {file for pattern in patterns for file in folder.glob(pattern) if file.is_file()}
    return sorted(found)


def name_of(folder: Path, file: Path) -> str:
    """What a file's webhook is called: its path in the folder, without the suffix."""
    return file.relative_to(folder).with_suffix("").as_posix()


def _hint(folder: Path) -> str:
    return f"hookcli export http @ -O {folder}/"
