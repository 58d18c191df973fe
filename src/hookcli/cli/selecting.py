"""The captures that a command's words name: references, filters, or both."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hookcli.cli.here import Here
from hookcli.errors import NotFoundError, UsageError

if TYPE_CHECKING:
    from hookcli.captures.filters import Filter
    from hookcli.captures.model import Capture, Summary
    from hookcli.captures.store import Store

_REFERENCE = re.compile(
    r"@\d*|latest|-|:[^\s:]+|\d+|\d+\.\.\d*|\.\.\d+|[0-7][0-9A-HJKMNP-TV-Z]{3,25}", re.IGNORECASE
)


_HINT = "@ for the latest capture; hookcli help ids"


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """One reference as it was written."""

    text: str
    attempt: int | None = None
    """The N of `REF/N`."""


def reference(word: str) -> Named | None:
    """The word as a reference; None when it is part of a filter."""
    text, slash, number = word.rpartition("/")
    if slash and number.isdigit() and _REFERENCE.fullmatch(text):
        return Named(text=text, attempt=int(number))
    return Named(text=word) if _REFERENCE.fullmatch(word) else None


def split(words: Iterable[str]) -> tuple[list[Named], str]:
    """The references among the words, and the filter that the others make together."""
    references: list[Named] = []
    terms: list[str] = []
    for word in words:
        if found := reference(word):
            references.append(found)
        else:
            terms.append(word)
    return references, " ".join(terms)


def parse(here: Here, text: str) -> "Filter":
    """The filter.

    Raises:
        UsageError: with a caret under the fault.
    """
    from hookcli.captures import filters

    try:
        return filters.parse(text, now=here.now)
    except filters.FilterError as error:
        caret = " " * error.position + "^"
        raise UsageError(
            f"filter: {error.wanted}", why=(text, caret), hint="hookcli help filters"
        ) from None


def captures(here: Here, store: "Store", words: Sequence[str]) -> "list[Capture]":
    """Every capture that the words name; see `summaries`.

    Raises:
        NotFoundError, UsageError: as there.
    """
    return [one.capture for one in summaries(here, store, words)]


def words_or_pick(here: Here, words: Sequence[str]) -> Sequence[str]:
    """The words; without any, what is picked on the terminal.

    Raises:
        UsageError: nothing is named, and there is no terminal to pick on.
    """
    if words:
        return words
    from hookcli.cli import face, picking

    if why := face.cannot_draw(here.console, whole=False):
        raise UsageError("nothing is named", why=(f"nothing can be picked: {why}",), hint=_HINT)
    return [picking.pick(here)]


def one(here: Here, store: "Store", word: str) -> "Capture":
    """The capture that one word names; of several that a filter or range matches the latest.

    Raises:
        NotFoundError, UsageError: as above.
    """
    named = reference(word)
    found = by_filter(here, store, word) if named is None else by_reference(here, store, named.text)
    if len(found) > 1:
        here.console.notice(f"{len(found):,} captures match; this is the latest")
    return found[-1]


@dataclass(frozen=True, slots=True)
class Among:
    """Narrows a list to these ids, and by a filter if there is one."""

    ids: Sequence[str]
    filter: "Filter | None" = None

    @property
    def functions(self) -> Mapping[str, tuple[int, Callable[..., Any]]]:
        """Those of the filter."""
        return self.filter.functions if self.filter is not None else {}

    def where(self) -> tuple[str, tuple[object, ...]]:
        """The expression over `captures c`."""
        import json

        expression, values = self.filter.where() if self.filter is not None else ("1", ())
        among = "c.id IN (SELECT value FROM json_each(?))"
        return f"{among} AND ({expression})", (json.dumps(list(self.ids)), *values)


def summaries(here: Here, store: "Store", words: Sequence[str]) -> "Iterator[Summary]":
    """Every capture that the words name, read as they are taken: there may be very many.

    References pick, in the order named; a filter narrows what they pick, or picks by itself, the
    oldest first.

    Raises:
        NotFoundError: nothing is called that or matches, or an id's beginning is that of several.
        UsageError: a filter is wrong.
    """
    references, terms = split(words)
    chosen = parse(here, terms) if terms else None
    some = False
    if references:
        named = dict.fromkeys(
            capture.id for one in references for capture in by_reference(here, store, one.text)
        )
        among = Among(list(named), chosen)
        found = {one.capture.id: one for one in store.summaries(among, now=here.now)}
        for id_ in named:
            if id_ in found:
                some = True
                yield found[id_]
    else:
        for one in store.summaries(chosen, newest_first=False, now=here.now):
            some = True
            yield one
    if not some:
        raise nothing(store, " ".join(words))


def by_reference(here: Here, store: "Store", text: str) -> "list[Capture]":
    """What one reference names; `-` reads ids or NDJSON from stdin."""
    from hookcli.captures import refs

    if text == "-":
        named = list(from_stdin(here))
        return [capture for one in named for capture in by_reference(here, store, one)]
    return refs.resolve(store, text, endpoint=here.endpoint_id(), now=here.now)


def by_filter(here: Here, store: "Store", text: str) -> "list[Capture]":
    """What a filter matches, oldest first; nothing is an error that says how much there was."""
    chosen = parse(here, text)
    found = store.summaries(chosen, newest_first=False, now=here.now)
    if not (captures := [summary.capture for summary in found]):
        raise nothing(store, text)
    return captures


def nothing(store: "Store", text: str) -> NotFoundError:
    """The error for a filter or a store without a match."""
    total = store.count(None)
    from hookcli.cli.render.words import plural

    if not total:
        return NotFoundError("there are no captures yet", hint="hookcli listen 8000")
    why = (f"{plural(total, 'capture')} in all, 0 of them match",)
    return NotFoundError(f"no capture matches {text}", why=why, hint="hookcli help filters")


def from_stdin(here: Here) -> Iterable[str]:
    """Ids, one a line, or the `id` of NDJSON `event` records."""
    import json

    for line in here.console.stdin:
        text = line.strip()
        if text.startswith("{"):
            try:
                record = json.loads(text)
            except ValueError:
                raise UsageError(f"stdin: no JSON in {text[:60]}") from None
            if record.get("type") == "event":
                yield str(record["id"])
        elif text:
            yield text.split()[0]
