"""Memory by parts: nobody gets more than its own, nobody overtakes, nothing is lost count of."""

from collections.abc import Callable

import hypothesis.strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from relay_server.memory import Budget, Budgets, Place, Untaken


def test_the_budget_serves_in_line_and_never_overtakes() -> None:
    budget, granted = Budget(100), []
    assert budget.take(80)
    assert not budget.take(30)
    budget.wait(30, lambda: granted.append(30))
    leave = budget.wait(5, lambda: granted.append(5))
    budget.wait(10, lambda: granted.append(10))
    assert not budget.take(1), "somebody stands in line"
    leave()
    budget.give(80)
    assert granted == [30, 10]
    assert budget.used == 40


def test_one_body_larger_than_the_budget_goes_alone() -> None:
    budget, granted = Budget(100), []
    assert budget.take(1)
    assert not budget.take(500)
    budget.wait(500, lambda: granted.append(1))
    assert not granted
    budget.give(1)
    assert granted
    assert not budget.take(1)


def test_who_fills_its_own_part_stands_in_nobody_s_way() -> None:
    budgets, granted = Budgets(100, 40), []
    assert budgets.take("a", 30)
    assert not budgets.take("a", 20)
    budgets.wait("a", 20, lambda: granted.append("a"))
    assert budgets.take("b", 40)
    assert not budgets.take("a", 1), "somebody of its own stands in line"
    budgets.give("b", 40)
    assert not granted
    budgets.give("a", 30)
    assert granted == ["a"]
    assert budgets.used == 20


def test_who_has_its_own_part_waits_for_what_is_everybody_s_in_order() -> None:
    budgets, granted = Budgets(100, 60), []
    assert budgets.take("a", 60)
    assert not budgets.take("b", 50)
    leave = budgets.wait("b", 50, lambda: granted.append("b"))
    assert not budgets.take("c", 30), "b came first"
    budgets.wait("c", 30, lambda: granted.append("c"))
    leave()
    budgets.give("a", 10)
    assert granted == ["c"]
    assert budgets.take("b", 20), "leaving the line has given its part back"


def test_one_body_may_always_go_whatever_its_size() -> None:
    budgets = Budgets(100, 40)
    assert budgets.take("a", 500)
    assert not budgets.take("b", 1)
    budgets.give("a", 500)
    assert budgets.take("b", 1)


def test_other_limits_hold_from_now_on() -> None:
    budgets = Budgets(100, 40)
    assert budgets.take("a", 40)
    budgets.limit(200, 80)
    assert budgets.take("a", 40)
    assert budgets.take("b", 80)


def test_answers_that_one_endpoint_s_senders_do_not_take_are_its_own_trouble() -> None:
    untaken = Untaken(100, 40)
    assert untaken.has_room("a", 500), "one always may"
    untaken.changed("a", 30)
    assert not untaken.has_room("a", 20)
    assert untaken.has_room("b", 40)
    untaken.changed("b", 70)
    assert not untaken.has_room("c", 1)
    untaken.changed("a", -30)
    assert untaken.has_room("a", 30)


class Memory(RuleBasedStateMachine):
    """Places that grow, wait, give up and leave in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.budgets = Budgets(50, 20)
        self.places: list[tuple[str, Place]] = []
        self.waiting: dict[int, Callable[[], None]] = {}

    @rule(whose=st.sampled_from("abc"), size=st.integers(1, 30))
    def comes(self, whose: str, size: int) -> None:
        place = Place(self.budgets, whose)
        number = len(self.places)
        self.places.append((whose, place))
        if not place.grow(size):
            self.waiting[number] = place.wait(size, lambda: self.granted(number))

    def granted(self, number: int) -> None:
        del self.waiting[number]

    @rule(data=st.data())
    def leaves(self, data: st.DataObject) -> None:
        if not self.places:
            return
        number = data.draw(st.integers(0, len(self.places) - 1))
        leave = self.waiting.pop(number, None)
        if leave is not None:
            leave()
        self.places[number][1].leave()

    @invariant()
    def everything_is_counted(self) -> None:
        sizes = [(whose, place.size) for whose, place in self.places]
        used = sum(size for _, size in sizes)
        assert self.budgets.used == used
        assert used <= 50
        for name in "abc":
            own = [size for whose, size in sizes if whose == name and size]
            assert sum(own) <= 20 or len(own) == 1
        if not used:
            assert not self.waiting, "nobody waits for what is there"
        if not (used or self.waiting):
            assert len(self.budgets) == 0, "nothing is remembered of those who are gone"


TestMemory = Memory.TestCase
