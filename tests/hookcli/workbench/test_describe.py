"""What an editor changed, told by name, as edits, and as the command that does the same."""

import argparse
import shlex

from hypothesis import assume, given
from hypothesis import strategies as st
from msgspec.structs import replace

from hookcli.wire.http import Request
from hookcli.workbench import edits
from hookcli.workbench.describe import command_line, describe, edits_between, sentence
from hookcli.workbench.edits import AddHeader, Edit, SetBody, SetHeader
from hookcli.workbench.mutate import apply
from tests.hookcli.workbench.strategies import DOCUMENTS, load, requests

BEFORE = Request(
    method="POST",
    url="https://relay.example/ep",
    target=b"/hooks?a=1",
    headers=(
        (b"Content-Type", b"application/json"),
        (b"Stripe-Signature", b"t=1"),
        (b"Content-Length", b"67"),
    ),
    body=b'{"type":"failed","data":{"amount":0,"status":"open","l":[1,2,3]}}\n\n',
)


def replayed(line: str, request: Request, body: bytes = b"") -> Request:
    """What `hookcli replay` makes of the line's flags."""
    flags: list[Edit] = []

    def collect(read: object) -> type[argparse.Action]:
        class Collect(argparse.Action):
            def __call__(self, *given: object, **_: object) -> None:
                assert callable(read)
                flags.append(read(given[2]))

        return Collect

    parser = argparse.ArgumentParser(exit_on_error=False)
    parser.add_argument("words", nargs=3)
    parser.add_argument("--resign", action="store_true")
    for flag, read in {
        "--set": edits.read_set,
        "--unset": edits.read_unset,
        "-H": edits.read_header,
        "--drop-header": edits.read_drop_header,
        "--method": edits.read_method,
        "--path": edits.read_path,
        "--query": edits.read_query,
        "--body": lambda _: SetBody(body=body),
    }.items():
        parser.add_argument(flag, action=collect(read))
    parser.parse_args(_joined(shlex.split(line)))
    return apply(request, _as_grouped(flags))


def _as_grouped(flags: list[Edit]) -> list[Edit]:
    """A name that `-H` gives again adds a line."""
    seen: set[bytes] = set()
    made: list[Edit] = []
    for edit in flags:
        again = isinstance(edit, SetHeader) and edit.name.lower() in seen
        if isinstance(edit, SetHeader):
            seen.add(edit.name.lower())
            made.append(AddHeader(name=edit.name, value=edit.value) if again else edit)
        else:
            made.append(edit)
    return made


def _joined(words: list[str]) -> list[str]:
    """`--flag value` as one word, for argparse takes no value that begins with a dash."""
    joined: list[str] = []
    for word in words:
        if joined and joined[-1] in {
            "--set",
            "--unset",
            "--drop-header",
            "--method",
            "--path",
            "--query",
        }:
            joined[-1] += f"={word}"
        elif joined and joined[-1] == "-H":
            joined[-1] += word
        else:
            joined.append(word)
    return joined


def test_changes_are_named_and_the_command_does_the_same() -> None:
    after = replace(
        BEFORE,
        headers=(BEFORE.headers[0], (b"Stripe-Signature", b"t=2"), (b"Content-Length", b"68")),
        body=b'{"type":"paid","data":{"amount":2400.0,"status":"it\'s","l":[1,3]}}\n\n',
    )
    assert [sentence(change) for change in describe(BEFORE, after)] == [
        "header.Stripe-Signature  t=1 → t=2",
        "header.Content-Length  67 → 68",
        'body.type  "failed" → "paid"',
        "body.data.amount  0 → 2400.0",
        'body.data.status  "open" → "it\'s"',
        "body.data.l[1]  2 → 3",
        "body.data.l[2]  3 → (absent)",
    ]
    made = edits_between(BEFORE, after, besides={b"stripe-signature"})
    line = command_line("01JA8Q4M", made, resign=True, wrap=True)
    assert line == (
        "hookcli replay 01JA8Q4M \\\n"
        "  --resign \\\n"
        "  --set type=paid \\\n"
        "  --set data.amount:=2400.0 \\\n"
        "  --set 'data.status=it'\"'\"'s' \\\n"
        "  --set 'data.l[1]:=3' \\\n"
        "  --unset 'data.l[2]'"
    )


def test_a_body_that_was_indented_anew_is_replaced_where_bytes_matter() -> None:
    after = replace(
        BEFORE,
        headers=(),
        body=b'{\n  "type": "paid",\n  "data": {"amount":0,"status":"open","l":[1,2,3]}\n}',
    )
    before = replace(BEFORE, headers=())
    assert edits_between(before, after) == (SetBody(body=after.body),)
    assert edits_between(before, after, exact=False) == (edits.read_set("type=paid"),)


@given(DOCUMENTS, DOCUMENTS)
def test_edits_between_two_bodies_make_the_second_of_the_first(a: bytes, b: bytes) -> None:
    json = ((b"Content-Type", b"application/json"),)
    before, after = (replace(BEFORE, headers=json, body=body) for body in (a, b))
    assert apply(before, edits_between(before, after)) == after
    assert load(apply(before, edits_between(before, after, exact=False)).body) == load(b)


@given(requests(), requests(), st.data())
def test_the_command_line_does_what_the_edits_do(
    a: Request, b: Request, data: st.DataObject
) -> None:
    parts = {
        name: getattr(b, name)
        for name in data.draw(st.sets(st.sampled_from(["method", "target", "headers", "body"])))
    }
    after = replace(a, **parts)
    made = edits_between(a, after)
    assume(all(byte < 0x80 for byte in after.target))  # a flag cannot hold what no URL may hold
    line = command_line("01J", made)
    assert replayed(line, a, after.body) == apply(a, made)
    assert apply(a, made).body == after.body
    assert apply(a, made).method == after.method
    if after.target.startswith(b"/"):
        assert apply(a, made).target == after.target
