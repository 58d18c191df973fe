"""Which panes are shown for a size, a choice and what is open; pure."""

from collections.abc import Collection, Mapping

SIDE_COLUMNS = 110
STACKED_ROWS = 35
MIN_COLUMNS, MIN_ROWS = 60, 15
CHOICES = ("auto", "side", "stacked", "one")


def panes(width: int, height: int, choice: str, *, opened: bool, zoomed: bool) -> str:
    """`side`, `stacked`, `list` or `detail`."""
    one = "detail" if opened else "list"
    if zoomed or choice == "one":
        return one
    if choice == "side" and width >= 90:
        return "side"
    if choice == "stacked" and height >= 24:
        return "stacked"
    if width >= SIDE_COLUMNS:
        return "side"
    if height >= STACKED_ROWS:
        return "stacked"
    return one


def next_choice(choice: str) -> str:
    """The layout after this one."""
    return CHOICES[(CHOICES.index(choice) + 1) % len(CHOICES)] if choice in CHOICES else "auto"


def theme_for(wanted: str, known: Collection[str], env: Mapping[str, str]) -> str:
    """The theme to use: the one that was asked for, else one for the terminal's background.

    Terminals that say what colours they have do so in COLORFGBG, `15;0` on a dark ground.
    """
    if wanted in known:
        return wanted
    ground = env.get("COLORFGBG", "").rpartition(";")[2]
    light = ground.isdigit() and int(ground) in (7, *range(9, 16))
    return "textual-light" if light else "textual-dark"


def too_small(width: int, height: int) -> str:
    """What is said when there is no room; empty when there is."""
    if width >= MIN_COLUMNS and height >= MIN_ROWS:
        return ""
    return f"hookcli needs {MIN_COLUMNS} columns and {MIN_ROWS} rows; here are {width} and {height}"
