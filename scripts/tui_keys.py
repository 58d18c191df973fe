"""The table of keys of `docs/tui.md`, from the one table of actions."""

from hookcli.tui.actions import ACTIONS, GROUPS, PLACES, Action, shown_key

BEGIN, END = "<!-- keys: made by `make docs` -->\n", "<!-- end of keys -->\n"


def page(text: str) -> str:
    """The page with its table made anew."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return before + BEGIN + table() + END + after


def table() -> str:
    """One table for each group of actions."""
    parts = []
    for group, title in GROUPS.items():
        found = [action for action in ACTIONS if action.group == group]
        rows = "".join(_row(action) for action in found)
        parts.append(
            f"\n### {title.capitalize()}\n\n| key | id | where | does |\n|---|---|---|---|\n{rows}"
        )
    return "".join(parts) + "\n"


def _row(action: Action) -> str:
    keys = " ".join(f"`{shown_key(key)}`" for key in action.keys.split(",") if key)
    return f"| {keys} | `{action.id}` | {PLACES[action.where]} | {action.help} |\n"
