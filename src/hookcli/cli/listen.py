"""`hookcli listen`: receive webhooks here and forward them to a program."""

from dataclasses import dataclass

import typer

from hookcli.cli.app import new_app
from hookcli.cli.here import Here
from hookcli.errors import UsageError

app = new_app()


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What only this command line says; the rest are settings."""

    since: str | None
    from_seq: int | None
    now: bool
    for_: str | None
    count: int | None
    drain: bool
    paused: bool
    print_url: bool
    print_secret: bool
    output_given: bool


@app.command(name="listen")
def listen(  # noqa: PLR0913 - one parameter a flag is how Typer reads them
    ctx: typer.Context,
    target: str = typer.Argument(
        None, metavar="[TARGET]", help="8000, localhost:8000/hooks, https://…; none: capture only"
    ),
    forward: str = typer.Option(
        None, "-f", "--forward", "--forward-to", metavar="URL", help="the same, as a flag"
    ),
    path: str = typer.Option(None, "--path", metavar="/X", help="put before the forwarded path"),
    header: list[str] = typer.Option(
        None, "-H", "--header", metavar="'K: V'", help="set while forwarding; repeatable"
    ),
    host_header: str = typer.Option(
        None, "--host-header", metavar="keep|rewrite|V", help="the Host that your app sees"
    ),
    insecure: bool = typer.Option(
        None, "--insecure", "--skip-verify", help="do not verify the target's certificate"
    ),
    timeout: str = typer.Option(None, "--timeout", metavar="30s", help="of one attempt"),
    concurrency: str = typer.Option(
        None, "--concurrency", "--max-connections", metavar="16", help="1: strictly in order"
    ),
    retry: str = typer.Option(None, "--retry", metavar="N", help="retry what is not 2xx"),
    retry_for: str = typer.Option(None, "--retry-for", metavar="72h", help="… for so long"),
    respond: str = typer.Option(None, "--respond", metavar="app|ack", help="what senders get"),
    deadline: str = typer.Option(
        None, "--deadline", metavar="10s", help="how long senders are held for the answer"
    ),
    since: str = typer.Option(None, "--since", metavar="2h", help="start there, not at the cursor"),
    from_: int = typer.Option(None, "--from", metavar="SEQ", min=0, help="start at this place"),
    now: bool = typer.Option(False, "--now", help="start with what comes from now on"),
    output: str = typer.Option(
        None, "-o", "--output", metavar="lines|json|quiet", help="--json is -o json"
    ),
    for_: str = typer.Option(None, "--for", metavar="10m", help="stop after this time"),
    count: int = typer.Option(None, "--count", metavar="N", min=1, help="stop after N events"),
    drain: bool = typer.Option(False, "--drain", help="stop when caught up"),
    max_offline: str = typer.Option(
        None, "--max-offline", metavar="5m", help="give up with exit 3; default: never"
    ),
    print_url: bool = typer.Option(False, "--print-url", help="print the URL and exit"),
    print_secret: bool = typer.Option(False, "--print-secret", help="print the token and exit"),
    paused: bool = typer.Option(False, "--paused", help="capture, but do not forward yet"),
) -> int:
    """Receive webhooks here and forward them to your app; without a TARGET, only capture them.

    Nothing configured? A relay starts inside this process, for this machine only.
    """
    here: Here = ctx.obj
    if target and forward and target != forward:
        raise UsageError("TARGET and --forward name two targets", hint=f"hookcli listen {target}")
    if sum(one not in (None, False) for one in (since, from_, now)) > 1:
        raise UsageError("--since, --from and --now: only one place to start")
    here.overrides |= {
        "forward": target or forward,
        "path": path,
        "header": header or None,
        "host_header": host_header,
        "insecure": insecure or None,
        "timeout": timeout,
        "concurrency": concurrency,
        "retry": retry,
        "retry_for": retry_for,
        "respond": respond,
        "deadline": deadline,
        "max_offline": max_offline,
        "output": output,
    }
    from hookcli.cli.listening import run

    options = Options(
        since=since,
        from_seq=from_,
        now=now,
        for_=for_,
        count=count,
        drain=drain,
        paused=paused,
        print_url=print_url,
        print_secret=print_secret,
        output_given=output is not None or here.console.json,
    )
    return run(here, options)
