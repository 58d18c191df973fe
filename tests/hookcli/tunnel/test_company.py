"""Who else listens: told when somebody comes and when the last has gone, and nothing else."""

from datetime import datetime

import pytest

from hookcli.tunnel.company import Company
from hookcli.tunnel.observe import Notice
from hookcli.wire.messages import Peers

NOON = datetime(2026, 3, 2, 12).astimezone()


def at(hour: int, day: int = 2) -> int:
    return round(NOON.replace(day=day, hour=hour).timestamp() * 1e6)


def peers(*listening: tuple[str, int]) -> Peers:
    return Peers(names=tuple(name for name, _ in listening), since=tuple(at for _, at in listening))


@pytest.fixture
def company() -> Company:
    it = Company("mine", "payments-dev")
    it.welcomed(at(11))
    return it


def test_one_other_is_named_with_the_time_it_came(company: Company) -> None:
    assert company.told(peers(("mine", at(11))), at(12)) is None
    assert company.told(peers(("maria-mbp", at(10)), ("mine", at(11))), at(12)) == Notice(
        level="info",
        code="another-listener",
        text="another listener (maria-mbp, since 10:00) is on payments-dev; both get every event",
        hint="hookcli endpoint create payments-dev-me",
    )


def test_several_others_are_one_notice(company: Company) -> None:
    notice = company.told(peers(("", at(9)), ("mine", at(11)), ("old", at(8, day=1))), at(12))
    assert notice is not None
    who = "without a name, since 09:00; old, since 2026-03-01 08:00"
    assert notice.text == f"2 others ({who}) are on payments-dev; all get every event"


def test_of_two_with_one_name_the_other_is_told(company: Company) -> None:
    notice = company.told(peers(("mine", at(10)), ("mine", at(11))), at(12))
    assert notice is not None
    assert "(mine, since 10:00)" in notice.text


def test_one_that_only_connected_anew_is_no_news(company: Company) -> None:
    assert company.told(peers(("mine", at(11)), ("you", at(10))), at(12)) is not None
    company.welcomed(at(13))
    assert company.told(peers(("mine", at(13)), ("you", at(13))), at(13)) is None
    notice = company.told(peers(("mine", at(13))), at(13))
    assert notice is not None
    assert notice.code == "alone"
    assert company.told(peers(("mine", at(13)), ("you", at(14))), at(14)) is not None


def test_a_broken_stream_of_ones_own_is_nobody_else(company: Company) -> None:
    company.welcomed(at(12))
    assert company.told(peers(("mine", at(11)), ("mine", at(12))), at(12)) is None
    assert company.told(peers(("mine", at(12))), at(12)) is None


def test_of_many_those_who_came_are_named_first(company: Company) -> None:
    many = [(f"ci-{n}", at(9)) for n in range(300)]
    assert company.told(peers(*many, ("mine", at(11))), at(12)) is not None
    notice = company.told(peers(*many, ("mine", at(11)), ("you", at(12))), at(12))
    assert notice is not None
    who = "you, since 12:00; ci-0, since 09:00; ci-1, since 09:00; and 298 more"
    assert notice.text.startswith(f"301 others ({who}) are on payments-dev")


@pytest.mark.parametrize("since", [(10**18, 1), (-(10**18), 1), (1,), (1, 2, 3)])
def test_times_that_cannot_be_leave_the_name(company: Company, since: tuple[int, ...]) -> None:
    notice = company.told(Peers(names=("a", "b"), since=since), at(12))
    assert notice is not None
    assert "(a" in notice.text
    assert "b" in notice.text


def test_a_relay_that_does_not_say_since_when(company: Company) -> None:
    notice = company.told(Peers(names=("mine", "you")), at(12))
    assert notice is not None
    assert notice.text.startswith("another listener (you) is on")
    nameless = Company("mine", "")
    notice = nameless.told(Peers(names=("mine", "you")), at(12))
    assert notice is not None
    assert "on this endpoint;" in notice.text
    assert notice.hint == "hookcli endpoint create NAME-me"
