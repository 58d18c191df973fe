"""`listen --explain`: the schedule of retries, without a relay, a program or a store."""

import pytest

from hookcli.cli.console import ExitCode
from tests.hookcli.cli.inprocess import hookcli


def test_three_days_are_shown_in_a_few_lines() -> None:
    ended = hookcli("listen", "--retry-for", "72h", "--explain")
    lines = ended.out.splitlines()
    assert ended.code == ExitCode.YES
    assert "441 to 873 attempts in all" in lines[0]
    assert len(lines) < 25
    assert lines[2].split() == ["1", "at", "once"]
    assert " ".join(lines[3].split()) == "2 500 ms to 1 s 500 ms to 1 s"
    (last,) = [line for line in lines if line.split()[0] == "873"]
    assert " ".join(last.split()) == "873 5 min to 10 min 3 d or not at all"


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ([], "is not tried again; one that breaks off is, 3 times in all"),
        (["--retry", "1"], "2 attempts in all"),
        (["--retry", "20", "--retry-for", "1h"], "15 to 21 attempts in all"),
    ],
)
def test_what_is_asked_for_is_what_is_said(flags: list[str], words: str) -> None:
    assert words in hookcli("listen", *flags, "--explain").out


def test_a_program_reads_every_attempt() -> None:
    records = hookcli("listen", "--retry", "3", "--explain", "--json").records
    assert [one["n"] for one in records] == [1, 2, 3, 4]
    assert [(one["earliest_s"], one["latest_s"]) for one in records] == [
        (0.0, 0.0), (0.5, 1.0), (1.5, 3.0), (3.5, 7.0),
    ]  # fmt: skip
