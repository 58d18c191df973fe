"""How a listener ended, the same for every face: the exit code and the last words."""

from typing import TYPE_CHECKING

from hookcli.cli import faces
from hookcli.cli.console import Console, ExitCode, exit_code
from hookcli.cli.render.words import plural
from hookcli.errors import HookcliError, WaitError
from hookcli.tunnel import observe

if TYPE_CHECKING:
    from hookcli.tunnel.listen import Ending, Plan


def code_of(
    ending: "Ending", plan: "Plan", signalled: ExitCode | None, *, broken: bool
) -> tuple[ExitCode, HookcliError | None]:
    """The exit code, and the failure behind it.

    Args:
        signalled: The code of the signal, or of the key, that ended it.
        broken: The reader of stdout went away.
    """
    if ending.error is not None:
        return exit_code(ending.error), ending.error
    if broken:
        return ExitCode.READER_GONE, None
    if signalled is not None:
        return signalled, None
    if ending.reason == "for" and plan.count and ending.done.captured < plan.count:
        waited = f"{(plan.for_s or 0):g} s"
        text = f"waited {waited} for {plural(plan.count, 'event')}; {ending.done.captured} came"
        return ExitCode.WAITED, WaitError(text)
    return ExitCode.YES, None


def say_summary(
    console: Console, ending: "Ending", ready: observe.Ready | None, plan: "Plan"
) -> None:
    """What was done, and how to go on, for people."""
    for line in faces.summary(ending.done, ready, again_line(plan)):
        console.say(line)


def write_done(console: Console, ending: "Ending", code: ExitCode, now: int) -> None:
    """The last record, for programs."""
    from hookcli.cli.render import ndjson

    console.out(ndjson.dumped(ndjson.done(ending.done, code, now)))
    console.stdout.flush()


def again_line(plan: "Plan") -> str:
    """The command that goes on."""
    target = (plan.target or "").removeprefix("http://")
    return " ".join(filter(None, ("hookcli listen", target.removeprefix("localhost:"))))
