"""The picker: one capture chosen by eye, drawn on stderr, whatever stdout is."""

from hookcli.cli import face
from hookcli.cli.console import ExitCode
from hookcli.cli.here import Here
from hookcli.cli.signals import CODES, Signalled
from hookcli.errors import UsageError


def pick(here: Here, text: str = "") -> str:
    """The id of the capture that was chosen; `text` is a filter to begin with.

    Raises:
        UsageError: there is no terminal to draw on. Signalled: none was chosen, or a signal came.
    """
    if why := face.cannot_draw(here.console, whole=False):
        raise UsageError(f"nothing can be picked: {why}", hint="hookcli ls, or name a capture")
    from hookcli.cli import screen
    from hookcli.tui.picker import pick as draw

    found, code = draw(screen.setup(here, begin=text))
    if not found:
        raise Signalled(next((one for one in CODES.values() if one == code), ExitCode.INTERRUPTED))
    return found
