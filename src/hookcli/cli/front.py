"""The front page: what there is, one line each. Needs no parser and no module but its tables."""

from hookcli.cli.commands import COMMANDS, TOPICS

TAGLINE = "Webhooks to localhost: nothing lost, nothing changed, everything replayable."
SHARED = (
    "Shared by all: -p/--profile NAME  --relay URL  -e/--endpoint NAME  --store FILE  --json"
    "  -q/--quiet  -v/--verbose  --color auto|always|never"
)


def page() -> str:
    """`hookcli --help`."""
    lines = [TAGLINE, "", "Usage: hookcli [-p PROFILE] COMMAND [...]      hookcli COMMAND --help"]
    group = ""
    for command in COMMANDS:
        if command.group != group:
            group = command.group
            lines += ["", group]
        lines.append(f"  {command.name:<12} {command.summary:<54}{command.example}".rstrip())
    lines += [
        "",
        "Options: -p/--profile  --json  -q/--quiet  -v/--verbose  --color auto|always|never"
        "  --version  -h/--help",
        f"Exit codes, environment, filters, ids:  hookcli help {' | '.join(TOPICS)}",
    ]
    return "\n".join(lines)
