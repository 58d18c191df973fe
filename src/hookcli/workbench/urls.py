"""The URL a sender called, put together and taken apart without losing a byte."""


def called(url: str, target: bytes) -> str:
    """The URL as called: the endpoint's URL followed by `target`, one character a byte."""
    return url + target.decode("latin-1")


def path_and_query(target: bytes) -> tuple[bytes, bytes]:
    """What a program sees: the path, which begins with `/`, and the raw query without its `?`."""
    path, _, query = target.partition(b"?")
    return path or b"/", query


def take_apart(whole: str, path: bytes, query: bytes) -> tuple[str, bytes]:
    """The endpoint's URL and the target again, from `called` and `path_and_query`.

    An endpoint's URL has no trailing slash, so whether the sender wrote the slash behind it, and
    whether an empty query had its `?`, can be read from the whole. A whole that does not end in
    path and query is kept as the endpoint's URL as it is.
    """
    plain = path + b"?" + query if query else path
    candidates = [plain, path + b"?"] if not query else [plain]
    if path == b"/":
        candidates += [candidate[1:] for candidate in candidates]
    for target in sorted(candidates, key=len, reverse=True):
        text = target.decode("latin-1")
        if whole.endswith(text):
            return whole[: len(whole) - len(text)], target
    return whole, plain
