"""The parser: Typer, with commands that are imported when they are called."""

import contextlib
import difflib
import importlib
from collections.abc import Iterable
from typing import Any

import typer
from typer.core import TyperGroup, TyperOption
from typer.exceptions import TyperException

from hookcli.cli import arguments as given
from hookcli.cli import front, signals
from hookcli.cli.commands import ALIASES, BY_NAME, TOPICS
from hookcli.cli.console import Console, ExitCode
from hookcli.cli.here import Here, Shared
from hookcli.errors import HookcliError, UsageError


def new_app(**settings: Any) -> typer.Typer:
    """A Typer as all of ours: plain help, no dotfiles edited, no locals shown."""
    return typer.Typer(
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        add_completion=False,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
        **settings,
    )


class Lazy(TyperGroup):
    """Finds a command in the table, and its parser in its module."""

    def list_commands(self, ctx: Any) -> list[str]:
        """The documented names."""
        return [*BY_NAME, "help"]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of that name, imported now; None when there is none."""
        if cmd_name not in BY_NAME and cmd_name != "help":
            return None
        name = BY_NAME[cmd_name].module if cmd_name in BY_NAME else "help_"
        module = importlib.import_module(f"hookcli.cli.{name or cmd_name}")
        command = typer.main.get_command(module.app)
        command.name = cmd_name
        _share(command)
        return command

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command and its arguments; an alias is told about once, on stderr."""
        name = args[0]
        if (words := ALIASES.get(name)) and not ctx.resilient_parsing:
            here: Here = ctx.find_object(Here)
            here.console.say(f"notice: `{name}` is `hookcli {' '.join(words)}` here")
            args = [*words, *args[1:]]
        elif name not in BY_NAME and name != "help" and not name.startswith("-"):
            raise UsageError(f"no command is called {name}", hint=_nearest(name, BY_NAME))
        return super().resolve_command(ctx, args)


root = new_app(cls=Lazy, invoke_without_command=False)


@root.callback()
def _root() -> None:
    """Only commands do something."""


def invoke(arguments: list[str], console: Console) -> int:
    """Parse and run; every failure ends as one message and a code."""
    here = Here(console=console, shared=Shared())
    command = typer.main.get_command(root)
    _share(command)
    if "--json" in arguments:
        console.json = True  # so that a fault of the command line itself is told in JSON too
    try:
        given.check(arguments, console.environ)
        if level := console.environ.get("HOOKCLI_LOG"):
            here.say_more(_level(level))
        # Typer prints help on its own, to the interpreter's stdout.
        with signals.raised(), contextlib.redirect_stdout(console.stdout):
            code = command.main(arguments, prog_name="hookcli", standalone_mode=False, obj=here)
        return int(code or ExitCode.YES)
    except HookcliError as error:
        return console.fail(error)
    except TyperException as error:
        return console.fail(_usage(error))
    except typer.Abort:
        return ExitCode.INTERRUPTED
    except signals.Signalled as signalled:
        return signalled.code
    except BrokenPipeError:
        raise
    except SystemExit as ended:
        # What Typer makes of a reader that went away.
        if isinstance(ended.__context__, BrokenPipeError):
            raise ended.__context__ from None
        raise
    except Exception as error:
        from hookcli.cli import bugs

        return bugs.tell(error, arguments, here)
    finally:
        if console.verbose > 1:
            from hookcli.cli import wire_log

            wire_log.end()


def _level(text: str) -> int:
    if text != "debug":
        raise UsageError(f"HOOKCLI_LOG={text}: debug is the only level")
    return 2


def _usage(error: TyperException) -> UsageError:
    """Typer's words in our form."""
    possibilities: Iterable[str] = getattr(error, "possibilities", None) or ()
    context = getattr(error, "ctx", None)
    message = error.format_message().rstrip(".")
    near = [one for one in possibilities if one.startswith("--")]
    if option := getattr(error, "option_name", ""):
        message = f"no such option: {option}"
        known = [name for one in context.command.params for name in one.opts] if context else []
        near = difflib.get_close_matches(option, known, n=2, cutoff=0.5) or near
    path = context.command_path if context is not None else "hookcli"
    hint = " or ".join(near) if near else f"{path} --help"
    return UsageError(message[:1].lower() + message[1:], hint=hint)


def _nearest(name: str, names: Iterable[str]) -> str:
    known = [*names, *ALIASES, *TOPICS]
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    return " or ".join(f"hookcli {one}" for one in near) or "hookcli --help"


def _share(command: Any) -> None:
    """Give a command, or the commands of a group, the options that all share."""
    if isinstance(command, TyperGroup):
        for inner in command.commands.values():
            _share(inner)
    taken = {name for param in command.params for name in param.opts}
    for declarations, settings in _SHARED:
        free = [one for one in declarations if one not in taken]
        if any(one.startswith("--") for one in free):
            command.params.append(_option(free, settings))
    command.epilog = front.SHARED


def _option(declarations: list[str], settings: dict[str, Any]) -> TyperOption:
    return TyperOption(
        param_decls=declarations,
        expose_value=False,
        is_eager=True,
        hidden=True,
        callback=_take,
        **settings,
    )


def _take(ctx: Any, param: Any, value: Any) -> None:
    """Keep what was given; given twice, the one nearer to the command wins."""
    if value and (here := ctx.find_object(Here)) is not None:
        here.take(param.name, value)


_SHARED: tuple[tuple[list[str], dict[str, Any]], ...] = (
    (["-p", "--profile"], {"type": str}),
    (["--relay"], {"type": str}),
    (["-e", "--endpoint"], {"type": str}),
    (["--store"], {"type": str}),
    (["--json"], {"is_flag": True, "default": False}),
    (["-q", "--quiet"], {"is_flag": True, "default": False}),
    (["-v", "--verbose"], {"count": True, "default": 0}),
    (["--color", "--colour"], {"type": str}),
)
