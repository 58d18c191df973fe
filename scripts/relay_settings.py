"""The page of the relay's settings, from the class that holds them and what it says of each."""

import ast
from itertools import pairwise
from pathlib import Path

from relay_server import settings

_HEAD = """# The relay's settings

Made by `make docs` from `relay_server/settings.py`. Each is a variable, `HOOKCLI_RELAY_` and its name
in upper case, and a key of the file that `hookcli relay --config FILE` (or `HOOKCLI_RELAY_CONFIG`) reads;
`--listen`, `--public-url`, `--data` and `--tls` go before the variable, the variable before the file.
Sizes may be written `"25MiB"`, times `"7d"`.

| setting | default | what it is | changes |
|---|---|---|---|
"""


def page() -> str:
    """The page in Markdown."""
    rows = [_row(name, text) for name, text in _said().items()]
    return _HEAD + "\n".join(rows) + "\n"


def _said() -> dict[str, str]:
    """Each setting with the words that stand under it."""
    tree = ast.parse(Path(settings.__file__).read_text(encoding="utf-8"))
    (body,) = (
        node.body
        for node in tree.body
        if isinstance(node, ast.ClassDef) and node.name == "Settings"
    )
    said = {}
    for field, text in pairwise(body):
        if isinstance(field, ast.AnnAssign) and isinstance(text, ast.Expr):
            said[ast.unparse(field.target)] = " ".join(ast.literal_eval(text.value).split())
    return said


def _row(name: str, text: str) -> str:
    default = settings.Settings.__dataclass_fields__[name].default
    when = "with a restart" if name in settings.RESTART else "at once"
    return f"| `{name}` | {_shown(default)} | {text.replace('|', chr(92) + '|')} | {when} |"


def _shown(default: object) -> str:
    if default is None:
        return ""
    if isinstance(default, bool):
        return "no" if not default else "yes"
    if isinstance(default, int) and default >= 1 << 20 and default % (1 << 20) == 0:
        return f"`{default >> 20}MiB`"
    return f"`{default:,}`" if isinstance(default, (int, float)) else f"`{default}`"
