"""Roles as styles, looked up once for a widget and looked up anew when its styles change."""

from typing import cast

from rich.style import Style
from textual.widget import Widget

GROUNDS = ("cursor", "away", "bar")
"""Roles that are laid over whatever the pieces are; their own colours stay."""


class Styled:
    """Mixed into widgets that draw pieces.

    The application has the roles, once: as component classes of every widget they would make each
    change of a class as slow as twenty. A plain class, as `Acting` is, and for the same reason.
    """

    def role(self, role: str) -> Style:
        """The stylesheet's style for a role on this widget."""
        known: dict[str, Style] = self.__dict__.setdefault("_roles", {})
        if role not in known:
            known[role] = _style(cast(Widget, self), role)
        return known[role]

    def notify_style_update(self) -> None:
        """Another theme, another focus: nothing that was looked up is right any more."""
        self.__dict__["_roles"] = {}
        super().notify_style_update()  # type: ignore[misc]


def _style(widget: Widget, role: str) -> Style:
    base: Style = widget.rich_style
    if not role:
        return base
    found = widget.app.get_component_styles(f"role--{role}")
    _, ground = widget.background_colors
    back = ground + found.background if found.has_rule("background") else ground
    laid = Style(bgcolor=back.rich_color)
    if role in GROUNDS:
        return laid
    style = base + found.text_style
    if found.has_rule("color"):
        style += Style(color=(back + found.color).rich_color)
    return style + laid if found.has_rule("background") else style
