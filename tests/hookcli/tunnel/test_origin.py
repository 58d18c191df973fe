"""Targets: taken apart once; paths put behind them as bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookcli.tunnel.origin import join, parse


@pytest.mark.parametrize(
    ("target", "host", "port", "authority", "base"),
    [
        ("http://localhost:8000", "localhost", 8000, b"localhost:8000", b""),
        ("http://localhost", "localhost", 80, b"localhost", b""),
        ("https://acme.test", "acme.test", 443, b"acme.test", b""),
        ("https://acme.test:80/a/b", "acme.test", 80, b"acme.test:80", b"/a/b"),
        ("http://[::1]:8000/x", "::1", 8000, b"[::1]:8000", b"/x"),
        ("http://bücher.test", "xn--bcher-kva.test", 80, b"xn--bcher-kva.test", b""),
        ("http://h/a b/%20/é", "h", 80, b"h", b"/a%20b/%20/%C3%A9"),
    ],
)
def test_a_target_is_taken_apart(
    target: str, host: str, port: int, authority: bytes, base: bytes
) -> None:
    origin = parse(target)
    assert (origin.host, origin.port, origin.authority, origin.base) == (
        host,
        port,
        authority,
        base,
    )
    assert origin.secure == target.startswith("https")


@pytest.mark.parametrize("target", ["", "localhost:8000", "ftp://h", "http://", "http://h:0x", "/"])
def test_what_is_no_target_is_refused(target: str) -> None:
    with pytest.raises(ValueError, match=r"URL|[Pp]ort"):
        parse(target)


@pytest.mark.parametrize(
    ("base", "target", "joined"),
    [
        (b"", b"", b"/"),
        (b"", b"?a=1", b"/?a=1"),
        (b"", b"/", b"/"),
        (b"/hooks", b"", b"/hooks"),
        (b"/hooks/", b"", b"/hooks/"),
        (b"/hooks", b"/", b"/hooks/"),
        (b"/hooks", b"?a=1", b"/hooks?a=1"),
        (b"/hooks", b"#f", b"/hooks#f"),
        (b"/hooks/", b"/x", b"/hooks/x"),
        (b"", b"//evil.test/x", b"//evil.test/x"),
        (b"/a", b"//evil.test/x", b"/a//evil.test/x"),
        (b"", b"http://evil.test/x", b"/http://evil.test/x"),
        (b"/a", b"@evil.test", b"/a/@evil.test"),
        (b"/a/b", b"/../../c;d?e", b"/a/b/../../c;d?e"),
        (b"", b"/%2e%2E/\xff%zz", b"/%2e%2E/\xff%zz"),
    ],
)
def test_paths_are_joined_as_bytes(base: bytes, target: bytes, joined: bytes) -> None:
    assert join(base, target) == joined


@given(st.sampled_from([b"", b"/a", b"/a/"]), st.binary(max_size=12))
def test_whatever_a_sender_wrote_is_there_behind_a_slash(base: bytes, target: bytes) -> None:
    joined = join(base, target)
    assert joined.startswith(b"/")
    assert joined.endswith(target)
    assert len(joined) <= len(base) + len(target) + 1


@pytest.mark.parametrize(
    ("path", "base"),
    [(None, b"/a"), ("/x", b"/a/x"), ("x", b"/a/x"), ("/x/", b"/a/x/"), ("/é?", b"/a/%C3%A9%3F")],
)
def test_a_path_is_put_behind_the_targets_own(path: str | None, base: bytes) -> None:
    assert parse("http://h/a", path).base == base
