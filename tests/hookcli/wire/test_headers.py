"""Header fields keep their order, case and repeats; only hop-by-hop ones go."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookcli.wire.headers import end_to_end, first, values

MIXED = ((b"X-A", b"1"), (b"x-a", b"2"), (b"Content-Type", b"text/plain"), (b"X-A", b"3"))


def test_values_finds_every_spelling_in_order() -> None:
    assert values(MIXED, b"x-a") == [b"1", b"2", b"3"]


def test_first_is_none_for_what_is_not_there() -> None:
    assert (first(MIXED, b"x-a"), first(MIXED, b"x-b")) == (b"1", None)


@pytest.mark.parametrize(
    "name",
    [
        b"Connection",
        b"keep-alive",
        b"Proxy-Connection",
        b"TE",
        b"Trailer",
        b"Transfer-Encoding",
        b"UPGRADE",
    ],
)
def test_hop_by_hop_fields_are_removed_in_any_case(name: bytes) -> None:
    assert end_to_end((*MIXED, (name, b"x"))) == MIXED


def test_fields_that_connection_names_are_removed() -> None:
    headers = ((b"Connection", b"close, X-Secret"), (b"x-secret", b"1"), (b"X-Other", b"2"))
    assert end_to_end(headers) == ((b"X-Other", b"2"),)


def test_connection_cannot_remove_what_frames_or_routes_the_message() -> None:
    kept = ((b"Content-Length", b"3"), (b"Host", b"example.com"))
    assert end_to_end(((b"Connection", b"content-length, host,"), *kept)) == kept


@given(st.lists(st.tuples(st.binary(min_size=1), st.binary())).map(tuple))
def test_what_stays_stays_in_order(headers: tuple[tuple[bytes, bytes], ...]) -> None:
    rest = iter(headers)
    assert all(pair in rest for pair in end_to_end(headers))
