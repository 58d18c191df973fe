"""The one table of actions: it feeds bindings, footer, help, palette, the key file and the docs."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from textual.binding import Binding


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """Something a key does."""

    id: str
    """The name in `[keys]`; unique."""
    keys: str
    """Textual key names, comma-separated; a user's `[keys]` replaces them."""
    title: str
    """What it does, in the words of the palette: `replay: the same bytes again`."""
    help: str
    """One sentence for help and docs."""
    group: str
    """One of GROUPS."""
    where: str
    """One of PLACES."""
    command: str = ""
    """The command line that does the same; `{ref}`, `{refs}`, `{filter}` and the like are filled in."""
    footer: int = 0
    """Rank in the footer, 1 first; 0 keeps it out."""
    short: str = ""
    """The word in the footer."""

    @property
    def key(self) -> str:
        """The first key, as people read it."""
        return shown_key(self.keys.split(",")[0])


GROUPS = {
    "move": "MOVE",
    "event": "ACT ON THE EVENT (or on all that are marked)",
    "find": "FIND",
    "view": "VIEW",
    "listener": "LISTENER",
    "anywhere": "ANYWHERE",
}

PLACES = {
    "list": "the event list",
    "detail": "the detail",
    "body": "a body",
    "raw": "the raw bytes",
    "main": "list and detail",
    "empty": "the empty screen",
    "any": "everywhere",
    "filter": "the filter bar",
    "edit": "the editor",
    "many": "replaying many",
    "stats": "stats",
    "pick": "the picker",
    "attempts": "attempts",
    "diff": "the diff",
    "signature": "the signature",
    "full": "full screens",
}

_NAMES = {
    "question_mark": "?", "slash": "/", "colon": ":", "semicolon": ";", "full_stop": ".",
    "less_than_sign": "<", "greater_than_sign": ">", "minus": "-", "plus": "+",
    "left_square_bracket": "[", "right_square_bracket": "]", "enter": "⏎", "escape": "esc",
    "pagedown": "PgDn", "pageup": "PgUp", "delete": "Del", "up": "↑", "down": "↓", "left": "←",
    "right": "→", "home": "Home", "end": "End", "backspace": "⌫", "equals_sign": "=",
}  # fmt: skip


def shown_key(key: str) -> str:
    """`question_mark` as `?`, `f1` as `F1`, `ctrl+d` as it is."""
    if key in _NAMES:
        return _NAMES[key]
    if len(key) > 1 and key[0] == "f" and key[1:].isdigit():
        return key.upper()
    return key


def _a(id: str, keys: str, title: str, help: str, group: str, where: str, **more: object) -> Action:  # noqa: A002
    return Action(id=id, keys=keys, title=title, help=help, group=group, where=where, **more)  # type: ignore[arg-type]


ACTIONS: tuple[Action, ...] = (
    # Moving in the list
    _a("next", "j,down", "move: next event", "Go to the next event.", "move", "list"),
    _a("previous", "k,up", "move: previous event", "Go to the previous event.", "move", "list"),
    _a("first", "g,home", "move: first event", "Go to the first event.", "move", "list"),
    _a("last", "G,end", "move: last event", "Go to the last event and follow new ones again.",
       "move", "list"),
    _a("half-down", "ctrl+d", "move: half a page down", "Half a page down.", "move", "list"),
    _a("half-up", "ctrl+u", "move: half a page up", "Half a page up.", "move", "list"),
    _a("page-down", "pagedown,space", "move: a page down", "A page down.", "move", "list"),
    _a("page-up", "pageup", "move: a page up", "A page up.", "move", "list"),
    _a("other-down", "J", "move: scroll the detail down", "Scroll the detail from the list.",
       "move", "list"),
    _a("other-up", "K", "move: scroll the detail up", "Scroll the detail back from the list.",
       "move", "list"),
    _a("open", "enter", "open: the event", "Open the event in full.", "event", "list",
       command="hookcli show {ref}", footer=10, short="open"),
    _a("unfilter", "escape", "filter: clear", "Clear the filter; without one nothing happens.",
       "anywhere", "list"),
    _a("next-match", "n", "find: next match", "Go to the next event whose body matches the filter.",
       "find", "list"),
    _a("previous-match", "N", "find: previous match", "Go to the one before.", "find", "list"),
    _a("view-before", "less_than_sign", "view: the view before", "Choose the view to the left.",
       "find", "list"),
    _a("view-after", "greater_than_sign", "view: the next view", "Choose the view to the right.",
       "find", "list"),
    # Moving in the detail
    _a("line-down", "j,down", "move: a line down", "Go a line down.", "move", "detail"),
    _a("line-up", "k,up", "move: a line up", "Go a line up.", "move", "detail"),
    _a("top", "g,home", "move: to the top", "Go to the first line.", "move", "detail"),
    _a("bottom", "G,end", "move: to the end", "Go to the last line.", "move", "detail"),
    _a("body-half-down", "ctrl+d", "move: half a page down", "Half a page down.", "move", "detail"),
    _a("body-half-up", "ctrl+u", "move: half a page up", "Half a page up.", "move", "detail"),
    _a("body-page-down", "pagedown,space", "move: a page down", "A page down.", "move", "detail"),
    _a("body-page-up", "pageup", "move: a page up", "A page up.", "move", "detail"),
    _a("next-event", "J", "move: next event", "The next event, in the same tab.", "move", "detail",
       footer=2, short="next"),
    _a("previous-event", "K", "move: previous event", "The previous event, in the same tab.",
       "move", "detail", footer=45, short="prev"),
    _a("unfold", "l,right", "fold: unfold, or scroll right", "Unfold; where nothing folds, scroll.",
       "view", "body"),
    _a("fold", "h,left", "fold: fold, or scroll left", "Fold; where nothing folds, scroll.",
       "view", "body"),
    _a("toggle-fold", "enter", "fold: fold or unfold", "Fold or unfold what begins here.", "view",
       "body", footer=6, short="fold"),
    _a("search", "slash", "find: in this body", "Search in the whole body.", "find", "body",
       footer=7, short="search"),
    _a("next-hit", "n", "find: next hit", "Go to the next hit.", "find", "body"),
    _a("previous-hit", "N", "find: previous hit", "Go to the previous hit.", "find", "body"),
    _a("mode", "v", "view: pretty, raw, hex", "Show the body indented, as sent, or as bytes.",
       "view", "body", footer=8, short="view"),
    _a("wrap", "w", "view: wrap long lines", "Wrap long lines, or scroll sideways.", "view",
       "body"),
    _a("fold-headers", "H", "view: headers", "Fold or unfold the headers.", "view", "body"),
    # The raw bytes
    _a("offset", "g", "move: to an offset", "Go to an offset, or to a part of a form.", "move",
       "raw", footer=4, short="offset"),
    _a("save-bytes", "b", "export: the bytes", "Write the bytes to a file, as they came.", "event",
       "raw", command="hookcli show {ref} --body --raw -O FILE", footer=5, short="save"),
    _a("back", "escape", "back: to the list", "One step back; never quits.", "anywhere", "detail",
       footer=1, short="back"),
    # List and detail
    _a("other-pane", "tab,shift+tab", "move: the other pane", "Go to the other pane.", "move",
       "main"),
    *(
        _a(f"tab-{number}", str(number), f"open: {name}", f"Show the tab {name}.", "move", "main",
           command=command)
        for number, name, command in (
            (1, "Request", "hookcli show {ref} -p HB"), (2, "Response", "hookcli show {ref} -p hb"),
            (3, "Attempts", "hookcli show {ref} -p a"), (4, "Signature", "hookcli verify {ref}"),
            (5, "Diff", "hookcli diff {other}{ref} --ignore {ignored}"), (6, "Raw", "hookcli show {ref} --body --raw"),
        )
    ),
    _a("tab-before", "left_square_bracket", "open: the tab before", "The tab to the left.",
       "move", "main"),
    _a("tab-after", "right_square_bracket", "open: the next tab", "The tab to the right.",
       "move", "main"),
    _a("zoom", "z", "view: zoom the pane", "Give the focused pane the whole screen, and back.",
       "view", "main"),
    _a("layout", "minus", "view: change the layout", "Side by side, upon each other, or one.",
       "view", "main"),
    _a("filter", "f", "find: filter the list", "Filter the list; the words are those of `ls`.",
       "find", "main", command="hookcli ls {filter}"),
    _a("filter-here", "slash", "find: filter the list", "Filter the list.", "find", "list",
       command="hookcli ls {filter}", footer=60, short="filter"),
    _a("replay", "r", "replay: the same bytes again", "Send the captured bytes to your app again.",
       "event", "main", command="hookcli replay {refs} --no-resign{to}", footer=20, short="replay"),
    _a("replay-to", "R", "replay: to another target, later, many", "Replay with choices.", "event",
       "main", command="hookcli replay {refs} --to {target}"),
    _a("resign", "ctrl+r", "replay: re-sign and replay", "Sign again with your secret and replay.",
       "event", "main", command="hookcli replay {refs} --resign{to}"),
    _a("edit", "e", "edit: a changed copy", "Edit a copy; the original never changes.", "event",
       "main", command="hookcli edit {ref}", footer=30, short="edit"),
    _a("edit-outside", "E", "edit: a copy in $EDITOR", "Edit the whole HTTP message in $EDITOR.",
       "event", "main", command="hookcli edit {ref}"),
    _a("diff", "d", "diff: with another event", "What differs from the event to compare with.",
       "event", "main", command="hookcli diff {other}{ref} --ignore {ignored}"),
    _a("copy", "y", "copy: as curl", "Copy a curl line that sends the same bytes.", "event",
       "main", command="hookcli export curl {ref} --with-secrets --to {went}", footer=40, short="curl"),
    _a("copy-more", "Y", "copy: choose what", "Copy URL, id, body, a header, a path, the command.",
       "event", "main", command="hookcli show {ref}"),
    _a("export", "x", "export: to a file", "Write curl, httpie, http, har, pytest, ndjson or raw.",
       "event", "main", command="hookcli export {format} {refs}"),
    _a("pager", "o", "open: the body in $PAGER", "Look at the body with your own pager.", "event",
       "main", command="hookcli show {ref} --body --pager"),
    _a("mark", "m", "mark: this event", "Mark or unmark; actions then take all marked.", "event",
       "main", command="hookcli tag {ref} {mark}"),
    _a("only-marked", "M", "mark: show only marked", "Show only marked events, and all again.",
       "find", "main", command="hookcli ls is:marked"),
    _a("unmark", "U", "mark: unmark all", "Take all marks off.", "event", "main",
       command="hookcli tag is:marked --remove {mark}"),
    _a("note", "semicolon", "note: write a note", "Keep a note with the event.", "event", "main",
       command="hookcli tag {ref} --note TEXT"),
    _a("tag", "t", "tag: give a name", "Tag the event; `:name` then stands for it.", "event",
       "main", command="hookcli tag {ref} NAME"),
    _a("delete", "delete", "delete: the event", "Delete; u brings it back.", "event", "main",
       command="hookcli rm {refs}"),
    _a("undo", "u", "delete: undo", "Bring back what was deleted last.", "event", "main"),
    _a("follow", "F", "follow: new events", "Follow new events, or stop.", "listener", "list",
       command="hookcli ls --follow", footer=80, short="follow"),
    _a("pause", "p", "listener: pause delivery", "Hold deliveries back, or let them go on.",
       "listener", "main", command="hookcli listen {target} --paused", footer=70, short="pause"),
    _a("deliver-one", "full_stop", "listener: deliver one", "Let one delivery go while paused.",
       "listener", "main"),
    _a("retarget", "T", "listener: another target", "Forward new events to another target.",
       "listener", "main", command="hookcli listen TARGET"),
    _a("try-now", "ctrl+t", "listener: try now", "Connect or deliver now instead of waiting.",
       "listener", "main"),
    _a("connection", "i", "listener: connection and URLs", "URLs, relay, target and their state.",
       "listener", "main", command="hookcli endpoint show"),
    _a("log", "L", "listener: log of the connection", "What happened to the connection and here.",
       "listener", "main", command="hookcli listen {target} -o lines"),
    _a("stats", "S", "stats: counts and times", "Counts, failures and latency of what is listed.",
       "listener", "main", command="hookcli stats {filter}"),
    # The empty screen
    _a("copy-url", "u", "copy: the URL", "Copy your webhook URL.", "event", "empty",
       command="hookcli listen {target} --print-url", footer=1, short="copy URL"),
    _a("copy-hello", "y", "copy: a curl line to try", "Copy a curl line that sends a first event.",
       "event", "empty", footer=2, short="copy curl"),
    _a("sample", "t", "trigger: a sample", "Choose a provider's sample and send it through the relay.",
       "event", "empty", command="hookcli trigger stripe/invoice.paid", footer=3, short="sample"),
    _a("history", "H", "view: earlier captures", "Show what was captured in earlier runs.", "view",
       "empty", command="hookcli ls", footer=4, short="history"),
    _a("public", "c", "listener: how to get a public URL", "The ways to a public URL.", "listener",
       "empty", footer=5, short="go public"),
    # The filter bar
    _a("filter-keep", "enter", "filter: keep", "Keep the filter and go to the list.", "find",
       "filter", footer=1, short="keep"),
    _a("filter-clear", "escape", "filter: clear", "Clear the filter.", "find", "filter", footer=2,
       short="clear"),
    _a("filter-complete", "tab", "filter: complete", "Take the proposed word.", "find", "filter",
       footer=3, short="complete"),
    _a("filter-older", "up", "filter: choose above, or an older filter",
       "The proposal above; without proposals an older filter.", "find", "filter"),
    _a("filter-newer", "down", "filter: choose below, or a newer filter",
       "The proposal below; without proposals a newer filter.", "find", "filter"),
    _a("filter-save", "ctrl+s", "filter: save as a view", "Keep the filter under a name.", "find",
       "filter", footer=4, short="save view"),
    # Attempts
    _a("attempt-down", "j,down", "move: next attempt", "The next attempt.", "move", "attempts"),
    _a("attempt-up", "k,up", "move: previous attempt", "The previous attempt.", "move", "attempts"),
    _a("attempt-open", "enter", "open: this attempt", "Show the answer of this attempt.", "event",
       "attempts", command="hookcli show {ref} --attempt {attempt}", footer=4, short="open"),
    _a("attempt-mark", "m", "mark: attempt to compare with", "Compare with this attempt.", "event",
       "attempts", footer=5, short="compare with"),
    # The signature
    _a("signature-copy", "c", "copy: what is signed", "Copy exactly the bytes that are signed.",
       "event", "signature", command="hookcli verify {ref}", footer=4, short="copy what is signed"),
    _a("signature-page", "o", "open: the provider's page", "Copy the provider's page on signing.",
       "event", "signature", footer=5, short="provider's page"),
    # The diff
    _a("diff-next", "n", "find: next difference", "Go to the next difference.", "find", "diff",
       footer=4, short="difference"),
    _a("diff-previous", "N", "find: previous difference", "Go to the previous difference.", "find",
       "diff"),
    _a("diff-ignore", "i", "diff: ignore this path", "Ignore this path from now on.", "view",
       "diff", command="hookcli diff {other}{ref} --ignore {ignored},PATH", footer=5, short="ignore this"),
    _a("diff-bodies", "a", "diff: whole bodies", "The whole bodies beside each other, or by value.",
       "view", "diff", command="hookcli diff {other}{ref} --text", footer=6, short="whole bodies"),
    _a("diff-text", "t", "diff: as text", "As a unified diff of the whole messages, or by value.",
       "view", "diff", command="hookcli diff {other}{ref} --text", footer=7, short="as text"),
    _a("diff-copy", "y", "copy: the differences", "Copy the differences as text.", "event", "diff",
       command="hookcli diff {other}{ref} --ignore {ignored}", footer=8, short="copy"),
    _a("diff-write", "x", "export: the differences", "Write a unified diff to a file.", "event",
       "diff", command="hookcli diff {other}{ref} --text"),
    # The editor
    _a("send", "ctrl+j", "edit: send", "Send the changed copy and see the answer.", "event", "edit",
       command="{edit}", footer=1, short="send"),
    _a("keep", "ctrl+s", "edit: keep without sending", "Keep it as a mutation.", "event", "edit",
       command="{edit}", footer=2, short="save"),
    _a("outside", "f4", "edit: in $EDITOR", "Go on in $EDITOR.", "event", "edit", footer=4,
       short="$EDITOR"),
    _a("edit-resign", "ctrl+r", "edit: re-sign on or off", "Sign the changed copy again, or not.",
       "event", "edit", footer=5, short="re-sign"),
    _a("tidy", "ctrl+t", "edit: tidy the JSON", "Indent the JSON body.", "event", "edit"),
    _a("edit-copy", "f8", "copy: the command", "Copy the command that does the same.", "event",
       "edit", footer=7, short="copy command"),
    _a("edit-tab-before", "f2", "edit: the part before", "The part to the left.", "move", "edit"),
    _a("edit-tab-after", "f3", "edit: the next part", "The part to the right.", "move", "edit",
       footer=6, short="next part"),
    _a("edit-close", "escape", "edit: close, the draft is kept", "Close; the draft is kept.",
       "anywhere", "edit", footer=3, short="close"),
    # Replaying many
    _a("many-pause", "space,p", "replay: pause, go on", "Pause, or go on.", "event", "many",
       footer=1, short="pause"),
    _a("many-faster", "plus,equals_sign", "replay: faster", "Send faster.", "event", "many",
       footer=2, short="faster"),
    _a("many-slower", "minus", "replay: slower", "Send slower.", "event", "many", footer=3,
       short="slower"),
    _a("many-stop", "escape", "replay: stop", "Stop; what was sent stays recorded.", "event",
       "many", footer=4, short="stop"),
    _a("many-hide", "b", "replay: hide", "Go on behind the list.", "view", "many", footer=5,
       short="hide"),
    # Stats
    _a("window-1", "1", "stats: the last hour", "The last hour.", "view", "stats"),
    _a("window-2", "2", "stats: six hours", "The last six hours.", "view", "stats"),
    _a("window-3", "3", "stats: a day", "The last 24 hours.", "view", "stats"),
    _a("window-4", "4", "stats: all", "Everything.", "view", "stats"),
    _a("stats-by", "b", "stats: by type, source, status", "Count by another thing.", "view",
       "stats", footer=2, short="count by"),
    _a("stats-down", "j,down", "move: next row", "The next row.", "move", "stats"),
    _a("stats-up", "k,up", "move: previous row", "The previous row.", "move", "stats"),
    _a("stats-filter", "enter", "stats: filter to this row", "List what this row counts.", "find",
       "stats", footer=3, short="filter to this row"),
    # The picker of the command line
    _a("pick-take", "enter", "pick: take this one", "Print its id.", "event", "pick", footer=1,
       short="take"),
    _a("pick-leave", "escape,ctrl+c", "pick: take none", "Leave without an id.", "anywhere", "pick",
       footer=2, short="none"),
    _a("pick-up", "up,ctrl+p", "move: previous event", "The previous event.", "move", "pick"),
    _a("pick-down", "down,ctrl+n", "move: next event", "The next event.", "move", "pick"),
    _a("pick-page-up", "pageup", "move: a page up", "A page up.", "move", "pick"),
    _a("pick-page-down", "pagedown", "move: a page down", "A page down.", "move", "pick"),
    # Full screens that only show
    _a("close", "escape,q", "back: close", "Close this screen.", "anywhere", "full", footer=1,
       short="back"),
    # Everywhere
    _a("help", "question_mark,f1", "help: for what has the focus", "The keys of this place.",
       "anywhere", "any", footer=90, short="help", command="hookcli help"),
    _a("commands", "colon,ctrl+p", "commands: find and run", "Every action, and its command line.",
       "anywhere", "any", footer=99, short="commands"),
    _a("redraw", "ctrl+l", "screen: draw again", "Draw the screen again.", "anywhere", "any"),
    _a("leave", "q", "quit: back, then quit", "Back; from the list, quit.", "anywhere", "any",
       footer=85, short="quit"),
    _a("leave-now", "Q", "quit: at once", "Quit at once; nothing is lost.", "anywhere", "any"),
    _a("interrupt", "ctrl+c", "quit: from anywhere", "Quit, from anywhere; drafts are kept.",
       "anywhere", "any"),
    _a("suspend", "ctrl+z", "screen: suspend", "Back to the shell; `fg` returns.", "anywhere",
       "any"),
)  # fmt: skip

BY_ID: Mapping[str, Action] = {action.id: action for action in ACTIONS}


def of(*places: str) -> Iterator[Action]:
    """The actions of these places, in the order of the table."""
    return (action for action in ACTIONS if action.where in places)


def bindings(place: str) -> list[Binding]:
    """Textual bindings of a place; each carries its id and tooltip."""
    return [
        Binding(
            action.keys,
            f"act('{action.id}')",
            action.short or action.title,
            show=bool(action.footer),
            id=action.id,
            tooltip=action.help,
            priority=action.id == "interrupt",
        )
        for action in of(place)
    ]


def command_line(action: Action, **facts: str) -> str:
    """The command that does the same as this action, for what is selected; empty when none does."""
    known = {"ref": "@", "refs": "@", "filter": "", "target": "TARGET", "format": "curl"}
    known |= {"mark": "marked", "attempt": "1", "edit": "hookcli edit @", "to": ""}
    known |= {"other": "", "ignored": "id", "went": "8000"}
    return action.command.format(**(known | facts)).rstrip()


def key_file(changed: Mapping[str, str] | None = None) -> str:
    """All ids with their keys, as the `[keys]` table that a user may copy and change."""
    width = max(len(action.id) for action in ACTIONS)
    lines = ["[keys]"]
    keys = {action.id: action.keys for action in ACTIONS} | dict(changed or {})
    for place, name in PLACES.items():
        if actions := list(of(place)):
            lines += ["", f"# {name}"]
            lines += [f'{action.id:<{width}} = "{keys[action.id]}"' for action in actions]
    return "\n".join(lines) + "\n"
