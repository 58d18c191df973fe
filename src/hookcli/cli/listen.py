"""`hookcli listen`: receive webhooks here and forward them to a program."""

from typing import Annotated

import typer

from hookcli.cli.app import new_app
from hookcli.cli.here import Here
from hookcli.cli.listen_options import Options
from hookcli.errors import UsageError

app = new_app()


@app.command(name="listen")
def listen(
    ctx: typer.Context,
    target: Annotated[
        str | None,
        typer.Argument(
            metavar="[TARGET]", help="8000, localhost:8000/hooks, https://…; none: capture only"
        ),
    ] = None,
    forward: Annotated[
        str | None,
        typer.Option("-f", "--forward", "--forward-to", metavar="URL", help="the same, as a flag"),
    ] = None,
    route: Annotated[
        list[str] | None,
        typer.Option(
            "-r",
            "--route",
            metavar="'FILTER => URL'",
            help="before the default target, the first that fits; URL, URL: to both; repeatable",
        ),
    ] = None,
    only: Annotated[
        str,
        typer.Option("--only", metavar="FILTER", help="forward only these; capture the others too"),
    ] = "",
    events: Annotated[
        str, typer.Option("--events", metavar="a,b.*", help="forward only these types")
    ] = "",
    path: Annotated[
        str | None, typer.Option("--path", metavar="/X", help="put before the forwarded path")
    ] = None,
    header: Annotated[
        list[str] | None,
        typer.Option("-H", "--header", metavar="'K: V'", help="set while forwarding; repeatable"),
    ] = None,
    host_header: Annotated[
        str | None,
        typer.Option("--host-header", metavar="keep|rewrite|V", help="the Host that your app sees"),
    ] = None,
    insecure: Annotated[
        bool | None,
        typer.Option("--insecure", "--skip-verify", help="do not verify the target's certificate"),
    ] = None,
    timeout: Annotated[
        str | None, typer.Option("--timeout", metavar="30s", help="of one attempt")
    ] = None,
    concurrency: Annotated[
        str | None,
        typer.Option(
            "--concurrency", "--max-connections", metavar="32", help="1: strictly in order"
        ),
    ] = None,
    retry: Annotated[
        str | None, typer.Option("--retry", metavar="N", help="retry what is not 2xx")
    ] = None,
    retry_for: Annotated[
        str | None, typer.Option("--retry-for", metavar="72h", help="… for so long")
    ] = None,
    respond: Annotated[
        str | None, typer.Option("--respond", metavar="app|ack", help="what senders get")
    ] = None,
    deadline: Annotated[
        str | None,
        typer.Option("--deadline", metavar="10s", help="how long senders are held for the answer"),
    ] = None,
    handshakes: Annotated[
        bool,
        typer.Option("--handshakes", help="answer providers' challenges when your app cannot"),
    ] = False,
    drift: Annotated[
        bool, typer.Option("--drift", help="note events whose body has a new shape")
    ] = False,
    since: Annotated[
        str | None, typer.Option("--since", metavar="2h", help="start there, not at the cursor")
    ] = None,
    from_: Annotated[
        int | None, typer.Option("--from", metavar="SEQ", min=0, help="start at this place")
    ] = None,
    now: Annotated[bool, typer.Option("--now", help="start with what comes from now on")] = False,
    output: Annotated[
        str | None,
        typer.Option("-o", "--output", metavar="tui|lines|json|quiet", help="--json is -o json"),
    ] = None,
    ui: Annotated[
        bool, typer.Option("--ui", help="the screen although stdout is a pipe; NDJSON goes there")
    ] = False,
    no_mouse: Annotated[
        bool, typer.Option("--no-mouse", help="leave selecting to the terminal")
    ] = False,
    for_: Annotated[
        str | None, typer.Option("--for", metavar="10m", help="stop after this time")
    ] = None,
    count: Annotated[
        int | None, typer.Option("--count", metavar="N", min=1, help="stop after N events")
    ] = None,
    drain: Annotated[bool, typer.Option("--drain", help="stop when caught up")] = False,
    max_offline: Annotated[
        str | None,
        typer.Option("--max-offline", metavar="5m", help="give up with exit 3; default: never"),
    ] = None,
    print_url: Annotated[bool, typer.Option("--print-url", help="print the URL and exit")] = False,
    print_secret: Annotated[
        bool, typer.Option("--print-secret", help="print the token and exit")
    ] = False,
    paused: Annotated[
        bool, typer.Option("--paused", help="capture, but do not forward yet")
    ] = False,
    explain: Annotated[
        bool, typer.Option("--explain", help="show when retries would be made, and exit")
    ] = False,
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
        "handshakes": handshakes or None,
        "drift": drift or None,
        "max_offline": max_offline,
        "output": output,
        "ui.mouse": False if no_mouse else None,
    }
    if explain:
        from hookcli.cli import explaining

        return explaining.explain(here)
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
        routes=tuple(route or ()),
        only=only,
        events=events,
    )
    if options.routes or options.only or options.events or here.settings.routes:
        from hookcli.cli import routing

        routing.routes(here, options)  # a fault is told before anything is connected
        routing.only(here, options)
    return _run(here, options, given=output is not None, ui=ui)


def _run(here: Here, options: Options, *, given: bool, ui: bool) -> int:
    if options.print_url or options.print_secret:
        chosen = "quiet"
    else:
        from hookcli.cli import face

        setting = here.settings.text("output")
        chosen = face.listening(here.console, setting, given=given, ui=ui)
    if chosen == "tui":
        from hookcli.cli import screen

        return screen.listen(here, options)
    from hookcli.cli.listening import run

    return run(here, options, chosen)
