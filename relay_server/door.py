"""Whether a webhook may come in at all: its endpoint's own rules, then how fast it may come.

Every refusal is counted by its reason, for metrics and for those who listen.
"""

import ipaddress
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from hookcli.wire.headers import first
from relay_server import answers
from relay_server.admission import Head
from relay_server.answers import Answer
from relay_server.rates import Buckets, Rate
from relay_server.registry import Endpoint
from relay_server.senders import counted_as
from relay_server.settings import Settings

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why somebody is turned away."""

    reason: str
    """For programs: `address`, `method`, `content_type`, `endpoint_rate`, `address_rate`, `schema`,
    `schema_unchecked`, `signature`, `repeat`."""
    answer: Answer
    detail: str = ""
    """The rule that says so, where there are many."""


class Door:
    """The rules of every endpoint and the rates of everybody."""

    def __init__(self, settings: Settings, sets: Mapping[str, Sequence[str]]) -> None:
        """`sets` are the named lists of networks that endpoints may allow."""
        self.sets = sets
        self.refused: Counter[tuple[str, str]] = Counter()
        """Endpoint and reason to how often."""
        self._by_endpoint = _Limit("endpoint_rate", settings.rates("endpoint"))
        self._by_address = _Limit("address_rate", settings.rates("address"))

    def change(self, settings: Settings, sets: Mapping[str, Sequence[str]]) -> None:
        """Other sets and rates from now on; what was let in until now counts."""
        self.sets = sets
        self._by_endpoint.change(settings.rates("endpoint"))
        self._by_address.change(settings.rates("address"))

    def refusal(self, endpoint: Endpoint, sender: str, head: Head, now: float) -> Refusal | None:
        """Why this one may not come in; nothing is counted yet."""
        found = self._by_rule(endpoint, sender, head)
        if found is None:
            found = self._by_endpoint.refusal(endpoint.id, now)
        if found is None and (who := counted_as(sender)) is not None:
            found = self._by_address.refusal(who, now)
        return found

    def passed(self, endpoint: Endpoint, sender: str, size: int, now: float) -> None:
        """A whole webhook with a body of so many bytes has come in."""
        self._by_endpoint.take(endpoint.id, size, now)
        if (who := counted_as(sender)) is not None:
            self._by_address.take(who, size, now)

    def turned_away(self, endpoint: str, refusal: Refusal) -> None:
        """It was told so."""
        self.refused[endpoint, refusal.reason] += 1

    def refusals(self, endpoint: str) -> dict[str, int]:
        """How many were turned away there since the relay began, by reason."""
        return {reason: count for (name, reason), count in self.refused.items() if name == endpoint}

    def forget(self, endpoint: str) -> None:
        """The endpoint is no more."""
        for key in [key for key in self.refused if key[0] == endpoint]:
            del self.refused[key]

    def _by_rule(self, endpoint: Endpoint, sender: str, head: Head) -> Refusal | None:
        if endpoint.methods and head.method not in endpoint.methods:
            return Refusal("method", answers.not_this_method(endpoint.methods))
        if endpoint.content_types and not _is_of(head, endpoint.content_types):
            return Refusal("content_type", answers.NOT_THIS_TYPE)
        if endpoint.allow and not self._is_allowed(endpoint.allow, sender):
            return Refusal("address", answers.NOT_FROM_THERE)
        return None

    def _is_allowed(self, allow: tuple[str, ...], sender: str) -> bool:
        try:
            address = ipaddress.ip_address(sender.partition("%")[0])
        except ValueError:
            return False
        mapped = getattr(address, "ipv4_mapped", None) or address
        networks = (network for entry in allow for network in self._networks_of(entry))
        return any(mapped in network for network in networks if network.version == mapped.version)

    def _networks_of(self, entry: str) -> tuple[Network, ...]:
        """A set that the operator has removed stands for nobody."""
        return _networks(tuple(self.sets.get(entry, () if is_set(entry) else (entry,))))


class _Limit:
    """Requests and bytes a second, by one kind of key."""

    def __init__(self, reason: str, rates: tuple[Rate, Rate]) -> None:
        self._reason = reason
        self._requests, self._bytes = (Buckets(rate) for rate in rates)

    def change(self, rates: tuple[Rate, Rate]) -> None:
        self._requests.rate, self._bytes.rate = rates

    def refusal(self, key: str, now: float) -> Refusal | None:
        wait = max(self._requests.wait_s(key, now), self._bytes.wait_s(key, now))
        return Refusal(self._reason, answers.too_fast(wait)) if wait > 0 else None

    def take(self, key: str, size: int, now: float) -> None:
        self._requests.take(key, 1.0, now)
        self._bytes.take(key, float(size), now)


def _is_of(head: Head, content_types: tuple[str, ...]) -> bool:
    """Whether the media type is one of these; `text/*` stands for every text."""
    value = first(head.headers, b"content-type") or b""
    given = value.partition(b";")[0].strip().lower().decode("latin-1")
    kinds = {given, f"{given.partition('/')[0]}/*"}
    return not kinds.isdisjoint(content_types)


def is_set(entry: str) -> bool:
    """Whether it names a set: as they are kept, networks have a slash, and names have none."""
    return "/" not in entry


def missing_sets(
    endpoints: Iterable[Endpoint], sets: Mapping[str, Sequence[str]]
) -> tuple[str, ...]:
    """Those that endpoints name and that there are not, sorted."""
    named = {entry for one in endpoints for entry in one.allow if is_set(entry)}
    return tuple(sorted(named - sets.keys()))


@lru_cache(1024)
def _networks(texts: tuple[str, ...]) -> tuple[Network, ...]:
    return tuple(ipaddress.ip_network(text) for text in texts)


def checked_networks(entries: Sequence[str], known: Callable[[str], bool]) -> tuple[str, ...]:
    """Addresses, networks and names of sets, as they are kept.

    Raises:
        ValueError: with what one of them is not.
    """
    made = []
    for entry in entries:
        if known(entry):
            made.append(entry)
            continue
        try:
            made.append(str(ipaddress.ip_network(entry, strict=False)))
        except ValueError:
            raise ValueError(f"{entry[:60]!r} is no network such as 192.0.2.0/24") from None
    return tuple(made)
