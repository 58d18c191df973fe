"""Texts become times, targets and origins, or a sentence that says what is wanted."""

import pytest

from hookcli.config import values


@pytest.mark.parametrize(
    ("given", "ms"),
    [
        ("30s", 30_000),
        ("250ms", 250),
        ("1.5m", 90_000),
        ("2h", 7_200_000),
        ("7d", 604_800_000),
        ("1h30m", 5_400_000),
        ("45", 45_000),
        (2, 2000),
        (0.5, 500),
        ("0", 0),
    ],
)
def test_times(given: object, ms: int) -> None:
    assert values.duration_ms(given) == ms


@pytest.mark.parametrize("given", ["", "x", "5x", "-3s", "3 s 4", "1h30", True, None, [], -1, "m5"])
def test_what_is_no_time(given: object) -> None:
    with pytest.raises(ValueError, match="a time is wanted"):
        values.duration_ms(given)


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ("8000", "http://localhost:8000"),
        (8000, "http://localhost:8000"),
        (":8000", "http://localhost:8000"),
        ("localhost:8000/hooks", "http://localhost:8000/hooks"),
        ("8000/hooks", "http://localhost:8000/hooks"),
        ("localhost:8000/", "http://localhost:8000"),
        ("https://app.test/x/", "https://app.test/x"),
        ("http://[::1]:9000", "http://[::1]:9000"),
        ("127.0.0.1:1", "http://127.0.0.1:1"),
    ],
)
def test_targets(given: object, url: str) -> None:
    assert values.target(given) == url


@pytest.mark.parametrize(
    "given",
    [
        "",
        "99999",
        ":x",
        "ftp://x",
        "http://",
        "localhost:8000?a=b",
        "http://u:p@x",
        "http://a b",
        0,
    ],
)
def test_what_is_no_target(given: object) -> None:
    with pytest.raises(ValueError, match=r"is wanted|has no"):
        values.target(given)


@pytest.mark.parametrize(
    ("given", "origin"),
    [
        ("https://Hooks.Example.com/", "https://hooks.example.com"),
        ("hooks.example.com", "https://hooks.example.com"),
        ("127.0.0.1:4747", "http://127.0.0.1:4747"),
        ("http://10.0.0.1:8080", "http://10.0.0.1:8080"),
    ],
)
def test_origins(given: str, origin: str) -> None:
    assert values.origin(given) == origin


@pytest.mark.parametrize("given", ["https://h/x", "https://u:p@h", "ws://h", "", "https://h?x=1"])
def test_what_is_no_origin(given: str) -> None:
    with pytest.raises(ValueError, match=r"wanted|path"):
        values.origin(given)


@pytest.mark.parametrize(
    ("url", "is_ours"),
    [
        ("http://localhost:1", True),
        ("http://app.localhost", True),
        ("http://127.8.0.1", True),
        ("http://[::1]:80", True),
        ("http://localhost.evil.test", False),
        ("http://127.0.0.1.nip.io", False),
        ("https://10.0.0.1", False),
        ("nonsense", False),
    ],
)
def test_loopback_is_decided_without_the_network(url: str, is_ours: bool) -> None:
    assert values.is_loopback(url) is is_ours
