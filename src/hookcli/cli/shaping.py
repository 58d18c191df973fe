"""Infers shapes from captures and writes them: JSON Schema, or pydantic models by a generator."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hookcli.cli import selecting
from hookcli.cli.here import Here
from hookcli.cli.render.words import safe
from hookcli.errors import NotFoundError, StoreError, UsageError
from hookcli.workbench import shape as shapes
from hookcli.workbench.shape import Shape, merged, of, schema

if TYPE_CHECKING:
    from hookcli.captures.model import Capture
    from hookcli.captures.store import Store

_EXTRA = "pip install 'hookcli[models]'"


@dataclass(slots=True)
class Learnt:
    """Shapes by what they are of, and how many bodies were no JSON."""

    shapes: dict[str, Shape] = field(default_factory=dict)
    """By title: `stripe invoice.paid`."""
    others: int = 0

    def add(self, capture: "Capture", body: bytes) -> None:
        """One more capture."""
        try:
            value = shapes.read(body)
        except ValueError:
            self.others += 1
            return
        title = title_of(capture)
        self.shapes[title] = merged(self.shapes.get(title, Shape()), of(value))


def title_of(capture: "Capture") -> str:
    """Of which kind a capture is: its source and type, else its method and path."""
    kind = " ".join(filter(None, (capture.source, capture.event_type)))
    return kind or f"{capture.method} {capture.path.partition('?')[0]}"


def run(here: Here, words: Sequence[str], *, pydantic: bool, output: str | None) -> int:
    """Infer and write; the exit code."""
    with here.store() as store:
        learnt = _learn(here, store, words)
    if learnt.others:
        bodies = "1 body is" if learnt.others == 1 else f"{learnt.others:,} bodies are"
        here.console.notice(f"{bodies} left out: no JSON")
    if not learnt.shapes:
        raise NotFoundError("no capture with a JSON body matches", hint="hookcli ls")
    documents = {title: schema(one, title=title) for title, one in sorted(learnt.shapes.items())}
    if here.console.json and not pydantic:
        _records(here, documents)
        return 0
    written = {title: _models(one) if pydantic else _json(one) for title, one in documents.items()}
    if output and (output.endswith("/") or Path(output).expanduser().is_dir()):
        suffix = ".py" if pydantic else ".schema.json"
        for title, text in written.items():
            _write(here, Path(output).expanduser() / (_name(title) + suffix), text)
        return 0
    if len(documents) > 1 and pydantic:
        raise UsageError(
            f"these are {len(documents)} kinds of events, and each is a module of models",
            hint="-O models/ writes one file each",
        )
    text = next(iter(written.values())) if len(written) == 1 else _json(_together(documents))
    if output:
        _write(here, Path(output).expanduser(), text)
    else:
        here.console.out(text.rstrip("\n"))
    return 0


def _records(here: Here, documents: dict[str, dict[str, Any]]) -> None:
    from hookcli.cli.render.ndjson import dumped, head

    for title, one in documents.items():
        here.console.out(dumped(head("schema", here.now) | {"title": title, "schema": one}))


def _learn(here: Here, store: "Store", words: Sequence[str]) -> Learnt:
    learnt = Learnt()
    if words:
        found = selecting.summaries(here, store, words)
    else:
        found = store.summaries(newest_first=False, now=here.now)
    for one in found:
        learnt.add(one.capture, store.body(one.capture.id))
    return learnt


def _together(documents: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Several schemas as one document; a body is of one of them."""
    inner = {
        title: {k: v for k, v in one.items() if k != "$schema"} for title, one in documents.items()
    }
    refs = [{"$ref": f"#/$defs/{_pointer(title)}"} for title in inner]
    return {"$schema": shapes.DRAFT, "anyOf": refs, "$defs": inner}


def _pointer(name: str) -> str:
    """A key in a JSON Pointer in a URI fragment (RFC 6901 §3, §6)."""
    from urllib.parse import quote

    return quote(name.replace("~", "~0").replace("/", "~1"))


def _json(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _models(document: dict[str, Any]) -> str:
    """Pydantic models of a schema.

    Raises:
        UsageError: the generator is not installed.
    """
    try:
        from datamodel_code_generator import InputFileType, generate
        from datamodel_code_generator.enums import DataModelType
        from datamodel_code_generator.format import Formatter, PythonVersion
    except ImportError:
        raise UsageError("models need a generator that is not installed", hint=_EXTRA) from None
    title = re.sub(r"\W+", " ", document["title"]).title().replace(" ", "") or "Event"
    made = generate(
        json.dumps(document | {"title": title}),
        input_file_type=InputFileType.JsonSchema,
        output_model_type=DataModelType.PydanticV2BaseModel,
        target_python_version=PythonVersion.PY_311,
        class_name=title,
        disable_timestamp=True,
        formatters=[Formatter.BUILTIN],
        custom_file_header=f'"""Webhooks `{document["title"]}`, as they were captured: {document["x-seen"]} seen."""',
    )
    return str(made)


def _name(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-") or "event"


def _write(here: Here, file: Path, text: str) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise StoreError(f"{file} cannot be written: {error.strerror}") from error
    here.console.say(f"wrote {safe(str(file))}")
