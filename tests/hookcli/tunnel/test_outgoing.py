"""What the program gets: the sender's fields as they are, and ours."""

import pytest

from hookcli.captures.model import Outcome, Why
from hookcli.tunnel.fault import Broken
from hookcli.tunnel.origin import parse
from hookcli.tunnel.outgoing import Dresser
from hookcli.wire.headers import Headers
from hookcli.wire.http import Request
from tests.hookcli.tunnel.sends import CAPTURE, request

LOCAL, AWAY = parse("http://localhost:8000/base"), parse("https://acme.test")
HOST = (b"Host", b"hooks.test")
PUBLIC = ((b"X-Forwarded-Proto", b"https"), (b"X-Forwarded-Host", b"hooks.test"))
ID = (b"Hookcli-Event-Id", CAPTURE.encode())
OURS = (*PUBLIC, ID, (b"Hookcli-Url", b"https://hooks.test/ep_1/x"))


def dresser(headers: Headers = (), host_header: str = "keep", *, mark: bool = True) -> Dresser:
    return Dresser(headers=headers, host_header=host_header, mark=mark)


def lines(
    one: Request, by: Dresser | None = None, why: Why = Why.LIVE, peer: str = "", away: bool = False
) -> list[tuple[bytes, bytes]]:
    made = (by or dresser()).dress(
        one, AWAY if away else LOCAL, why=why, capture=CAPTURE, peer=peer
    )
    assert made.body is one.body
    assert made.head.endswith(b"\r\n\r\n")
    _, *fields = made.head[:-4].split(b"\r\n")
    pairs = [line.partition(b": ")[::2] for line in fields]
    return [(name, value) for name, value in pairs]


def test_the_senders_fields_come_first_and_ours_behind_them() -> None:
    sent = (HOST, (b"x-b", b"2"), (b"X-B", b""), (b"a", b"\xff"), (b"X-B", b"1"))
    assert lines(request(headers=sent)) == [*sent, *OURS]


def test_fields_of_the_connection_stay_behind() -> None:
    sent = (HOST, (b"Connection", b"keep-alive, X-Hop"), (b"X-Hop", b"1"), (b"TE", b"trailers"))
    upgrade = ((b"Upgrade", b"h2c"), (b"Keep-Alive", b"timeout=5"), (b"Expect", b"100-continue"))
    kept = [HOST, (b"Expect", b"100-continue")]
    assert lines(request(headers=sent + upgrade)) == [*kept, *OURS]


@pytest.mark.parametrize(
    ("sent", "body", "framed"),
    [
        ([], b"", []),
        ([], b"ab", [(b"Content-Length", b"2")]),
        ([(b"content-length", b"2")], b"ab", [(b"content-length", b"2")]),
        ([(b"content-length", b"9"), (b"A", b"")], b"ab", [(b"content-length", b"2"), (b"A", b"")]),
        ([(b"Content-Length", b"0")], b"", [(b"Content-Length", b"0")]),
        (
            [(b"Content-Length", b"2"), (b"A", b""), (b"content-length", b"2")],
            b"ab",
            [(b"Content-Length", b"2"), (b"A", b"")],
        ),
        (
            [(b"transfer-encoding", b"chunked"), (b"A", b"")],
            b"ab",
            [(b"Content-Length", b"2"), (b"A", b"")],
        ),
        ([(b"Transfer-Encoding", b"chunked")], b"", [(b"Content-Length", b"0")]),
        (
            [(b"Transfer-Encoding", b"chunked"), (b"A", b""), (b"Content-Length", b"7")],
            b"ab",
            [(b"A", b""), (b"Content-Length", b"2")],
        ),
        ([(b"Connection", b"content-length"), (b"Content-Length", b"2")], b"ab",
         [(b"Content-Length", b"2")]),
    ],
)  # fmt: skip
def test_one_length_counts_the_body_where_it_stood(
    sent: list[tuple[bytes, bytes]], body: bytes, framed: list[tuple[bytes, bytes]]
) -> None:
    assert lines(request(headers=(HOST, *sent), body=body)) == [HOST, *framed, *OURS]


def test_the_public_values_replace_what_the_sender_claims() -> None:
    claims = (
        (b"x-forwarded-host", b"evil.test"),
        (b"X-Forwarded-Proto", b"gopher"),
        (b"A", b"1"),
        (b"X-Forwarded-Host", b"evil.test"),
        (b"hookcli-event-id", b"another"),
    )
    assert lines(request(headers=(HOST, *claims))) == [
        HOST,
        (b"x-forwarded-host", b"hooks.test"),
        (b"X-Forwarded-Proto", b"https"),
        (b"A", b"1"),
        (b"hookcli-event-id", CAPTURE.encode()),
        OURS[-1],
    ]


def test_the_chain_of_addresses_grows_by_a_line_behind_the_senders() -> None:
    peer = (b"X-Forwarded-For", b"203.0.113.9")
    chain = (b"x-forwarded-for", b"10.0.0.1,  10.0.0.2")
    sent = (HOST, chain, (b"A", b"1"), chain, (b"B", b"2"))
    got = lines(request(headers=sent), peer="203.0.113.9")
    assert got == [HOST, chain, (b"A", b"1"), chain, peer, (b"B", b"2"), *OURS]
    assert lines(request(), peer="203.0.113.9") == [HOST, peer, *OURS]
    assert lines(request(), peer="") == [HOST, *OURS]


@pytest.mark.parametrize(
    ("why", "mark", "marked"),
    [
        (Why.LIVE, True, False),
        (Why.RETRY, True, False),
        (Why.REPLAY, True, True),
        (Why.MUTATION, True, True),
        (Why.REPLAY, False, False),
    ],
)
def test_what_is_sent_again_says_so_unless_told_otherwise(
    why: Why, mark: bool, marked: bool
) -> None:
    got = lines(request(), dresser(mark=mark), why)
    assert [value for name, value in got if name == b"Hookcli-Replay-Of"] == (
        [CAPTURE.encode()] if marked else []
    )


def test_the_program_is_told_the_url_that_was_called() -> None:
    for target in (b"", b"?a=%20&b", b"//x/\xff"):
        assert (b"Hookcli-Url", b"https://hooks.test/ep_1" + target) in lines(
            request(target=target)
        )
    names = [name for name, _ in lines(request(target=b"/" + b"x" * 5_000))]
    assert b"Hookcli-Url" not in names


@pytest.mark.parametrize(
    ("option", "away", "host", "added"),
    [
        ("keep", False, b"hooks.test", ()),
        ("keep", True, b"hooks.test", ()),
        ("rewrite", False, b"localhost:8000", ("Host: localhost:8000",)),
        ("rewrite", True, b"acme.test", ("Host: acme.test",)),
        ("auto", False, b"hooks.test", ()),
        ("auto", True, b"acme.test", ("Host: acme.test",)),
        ("app.local:1", False, b"app.local:1", ("Host: app.local:1",)),
    ],
)
def test_the_host_is_the_senders_unless_asked(
    option: str, away: bool, host: bytes, added: tuple[str, ...]
) -> None:
    by = dresser(host_header=option)
    sent = ((b"A", b"1"), (b"hOST", b"hooks.test"))
    assert lines(request(headers=sent), by, away=away)[:2] == [(b"A", b"1"), (b"hOST", host)]
    assert by.added(AWAY if away else LOCAL) == added


def test_a_request_without_a_host_gets_one() -> None:
    assert lines(request(headers=()))[0] == HOST
    assert lines(request(headers=(), url="")) == [(b"Host", b"localhost:8000"), ID]


def test_fields_that_are_asked_for_replace_those_of_their_name() -> None:
    asked = (
        (b"x-a", b"new"),
        (b"Authorization", b"Bearer secret"),
        (b"X-A", b"two"),
        (b"Content-Length", b"999"),
        (b"X-Forwarded-For", b"1.1.1.1"),
    )
    by = dresser(asked)
    sent = (HOST, (b"X-A", b"old"), (b"B", b"1"), (b"x-A", b"older"))
    assert lines(request(headers=sent), by, peer="203.0.113.9") == [
        HOST,
        (b"X-A", b"new"),
        (b"X-A", b"two"),
        (b"B", b"1"),
        *OURS,
        (b"Authorization", b"Bearer secret"),
        (b"X-Forwarded-For", b"1.1.1.1"),
    ]
    assert by.added(LOCAL) == (
        "x-a: new",
        "X-A: two",
        "Authorization: (hidden)",
        "X-Forwarded-For: 1.1.1.1",
    )


def test_a_host_that_is_asked_for_by_name_wins() -> None:
    by = dresser(((b"Host", b"mine"),), "rewrite")
    assert lines(request(), by)[0] == (b"Host", b"mine")
    assert by.added(LOCAL) == ("Host: mine",)


@pytest.mark.parametrize(
    "bad",
    [
        request(method=""),
        request(method="GET /\r\n"),
        request(method="P\u00c9T"),
        request(target=b"/a b"),
        request(target=b"/a\r\nX: y"),
        request(target=b"/\x00"),
        request(headers=((b"", b"x"),)),
        request(headers=((b"a b", b"x"),)),
        request(headers=((b"a:b", b"x"),)),
        request(headers=((b"a", b"x\r\nX: y"),)),
        request(headers=((b"a", b"x\ny"),)),
        request(headers=((b"a", b"x\ry"),)),
        request(headers=((b"a", b"\0"),)),
    ],
)
def test_what_would_become_another_request_is_not_sent(bad: Request) -> None:
    with pytest.raises(Broken) as raised:
        lines(bad)
    assert raised.value.fault.outcome is Outcome.GARBLED
    assert raised.value.fault.text.startswith("not sent: ")
