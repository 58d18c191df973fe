"""The pages behind the front page: exit codes, environment, filters, ids."""

from collections.abc import Callable, Mapping

from hookcli.cli.console import MEANINGS

IDS = """\
Captures are named the same way by every command.

  01JA8Q4MZX                 an id, or the start of one: 4 characters or more
  @  @2  @3                  the latest, the one before, … (`latest` works too)
  4711  4700..4720  4700..   places in the endpoint's log; ..4720 works too
  REF/2                      the second attempt of that capture
  :checkout-refund           by tag
  -                          ids or NDJSON from stdin
  status:5xx since:1h        a filter (hookcli help filters)"""

VARIABLES: Mapping[str, str] = {
    "HOOKCLI_RELAY": "the relay's URL, as --relay",
    "HOOKCLI_TOKEN": "the endpoint's token, or the relay's key for `endpoint`",
    "HOOKCLI_ENDPOINT": "the endpoint's name or id, as --endpoint",
    "HOOKCLI_FORWARD": "where events go, as `listen TARGET`",
    "HOOKCLI_PROFILE": "the profile, as --profile",
    "HOOKCLI_CONFIG": "the user's settings file",
    "HOOKCLI_STORE": "the file of captures, as --store",
    "HOOKCLI_OUTPUT": "tui, lines, json or quiet, as `listen -o`",
    "HOOKCLI_SECRET_<SCHEME>": "a signing secret: HOOKCLI_SECRET_STRIPE",
    "HOOKCLI_EDITOR VISUAL EDITOR": "the editor, the first that is set",
    "HOOKCLI_PAGER PAGER": "the pager, the first that is set",
    "HOOKCLI_NO_PROMPT": "1: never ask; say which flag answers the question",
    "HOOKCLI_ASCII": "1: print ASCII only",
    "HOOKCLI_LOG": "debug: as -vv, everything that goes over the wire on stderr",
    "HOOKCLI_RELAY_<SETTING>": "settings of `hookcli relay`",
    "NO_COLOR CLICOLOR CLICOLOR_FORCE": "colour off, off with 0, on",
    "FORCE_COLOR TERM LANG LC_ALL": "colour on; dumb and C are honoured",
    "CI": "set: no screen, lines instead",
    "COLORFGBG TMUX SSH_TTY": "the screen: light or dark, and how it copies",
}


def exit_codes() -> str:
    """The table of exit codes."""
    return "\n".join(f"  {code.value:>3}  {meaning}" for code, meaning in MEANINGS.items())


def environment() -> str:
    """The table of variables."""
    return "\n".join(f"  {name:<34}{meaning}" for name, meaning in VARIABLES.items())


def filters() -> str:
    """The filter language."""
    from hookcli.captures.filters.page import PAGE

    return PAGE


PAGES: Mapping[str, Callable[[], str]] = {
    "exit-codes": exit_codes,
    "environment": environment,
    "filters": filters,
    "ids": lambda: IDS,
}
