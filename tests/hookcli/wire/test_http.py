"""The path and query of a request, as a program will see them."""

import pytest

from hookcli.wire.http import Request


@pytest.mark.parametrize(
    ("target", "path", "query"),
    [
        (b"", b"/", b""),
        (b"?a=1", b"/", b"a=1"),
        (b"/", b"/", b""),
        (b"/a%2Fb//c", b"/a%2Fb//c", b""),
        (b"/a?b=?c", b"/a", b"b=?c"),
        (b"/\xff?", b"/\xff", b""),
    ],
)
def test_target_splits_into_path_and_query(target: bytes, path: bytes, query: bytes) -> None:
    request = Request(method="GET", url="http://r/ep_1", target=target, headers=(), body=b"")
    assert (request.path, request.query) == (path, query)
