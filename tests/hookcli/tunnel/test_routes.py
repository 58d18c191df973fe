"""Several targets: which events go where, that each delivery has its own end, and who answers senders."""

import pytest

from hookcli.captures import filters
from hookcli.captures.model import Delivery, DeliveryState, Outcome
from hookcli.captures.store import NewCapture
from hookcli.tunnel.dispatch import Dispatch, Probe, Start
from hookcli.tunnel.plan import Route
from hookcli.tunnel.retries import Retry
from hookcli.tunnel.routes import Router
from tests.hookcli.cli.made import capture
from tests.hookcli.tunnel.test_dispatch import APP, OTHER, WALL, answer

THIRD = "http://localhost:7000"
NOW = 1000.0


def route(text: str, *to: str) -> Route:
    return Route(filter=filters.parse(text, now=WALL), to=to)


def routed(router: Router, default: str | None = APP, **what: str) -> tuple[tuple[str, ...], bool]:
    body = what.pop("body", "").encode()
    targets = () if default is None else (default,)
    new = NewCapture(capture=capture(body=body, **what), body=body, targets=targets)
    made = router.routed(new)
    return made.targets, made.skipped


def test_the_first_route_that_fits_counts_and_the_default_is_for_the_rest() -> None:
    router = Router(
        (
            route("source:stripe type:invoice.*", OTHER),
            route("source:stripe", THIRD, OTHER),
            route("body.a>3", THIRD),
        ),
        None,
    )
    assert router.targets == (OTHER, THIRD)
    assert routed(router, source="stripe", event_type="invoice.paid") == ((OTHER,), False)
    assert routed(router, source="stripe", event_type="charge.ok") == ((THIRD, OTHER), False)
    assert routed(router, source="github") == ((APP,), False)
    assert routed(router, source="github", body='{"a": 4}') == ((THIRD,), False)
    assert routed(router, None, source="github") == ((), False)


def test_what_is_left_out_is_skipped_and_still_captured() -> None:
    router = Router((route("source:stripe", OTHER),), filters.parse("type:a or type:b", now=WALL))
    assert routed(router, source="stripe", event_type="a") == ((OTHER,), False)
    assert routed(router, source="stripe", event_type="c") == ((OTHER,), True)
    assert routed(router, event_type="c") == ((APP,), True)


def test_without_routes_nothing_is_looked_at() -> None:
    assert not Router((), None).active
    assert routed(Router((), None)) == ((APP,), False)
    assert routed(Router((), None), None) == ((), False)


def dispatch(target: str | None = APP) -> Dispatch:
    made = Dispatch(
        target=target, concurrency=8, retry=Retry(), random=lambda: 0.5, routed=(OTHER, THIRD)
    )
    while isinstance(one := made.take(NOW), Probe):
        made.probed(one.target, None, NOW)
    return made


def starts(it: Dispatch) -> list[tuple[str, str]]:
    found = []
    while isinstance(one := it.take(NOW), Start):
        found.append((one.capture, one.target))
    return found


def end(it: Dispatch, where: str, target: str, status: int = 200) -> tuple[DeliveryState, ...]:
    one = answer(where, status=status, target=target)
    settled = it.finished(where, target, one, NOW, WALL)
    return tuple(delivery.state for delivery in settled.deliveries)


def pending(name: str, target: str) -> Delivery:
    return Delivery(capture=name, target=target, state=DeliveryState.PENDING)


def test_a_capture_for_two_targets_is_two_deliveries_with_an_end_each() -> None:
    it = dispatch()
    assert it.targets == (APP, OTHER, THIRD)
    for target in (OTHER, THIRD):
        assert it.captured("a", target) == []
    assert starts(it) == [("a", OTHER), ("a", THIRD)]
    assert end(it, "a", OTHER) == (DeliveryState.DONE,)
    assert it.unfinished == 1
    assert end(it, "a", THIRD, 500) == (DeliveryState.DONE,)
    assert (it.unfinished, it.failed) == (0, 1)


def test_one_target_that_is_down_holds_up_only_its_own() -> None:
    it = dispatch()
    it.captured("a", OTHER)
    assert starts(it) == [("a", OTHER)]
    it.finished("a", OTHER, answer("a", Outcome.REFUSED, target=OTHER), NOW, WALL)
    assert it.is_down(OTHER)
    assert it.answers  # others are there
    it.captured("b", OTHER)
    it.captured("c", APP)
    assert starts(it) == [("c", APP)]
    assert it.unfinished == 3


def test_what_was_left_behind_goes_where_a_route_still_leads_and_else_to_the_default() -> None:
    gone = "http://localhost:1"
    it = dispatch()
    stored = it.adopt([pending("a", OTHER), pending("b", gone), pending("c", APP)], NOW, WALL)
    assert [(one.capture, one.target, one.state) for one in stored] == [
        ("b", gone, DeliveryState.SKIPPED),
        ("b", APP, DeliveryState.PENDING),
    ]
    assert starts(it) == [("a", OTHER), ("b", APP), ("c", APP)]
    alone = dispatch(target=None)
    assert alone.adopt([pending("a", OTHER), pending("b", gone)], NOW, WALL) == []
    assert starts(alone) == [("a", OTHER)]


def test_another_default_leaves_the_routes_alone() -> None:
    it = dispatch()
    it.pause()
    for name, target in (("a", APP), ("b", OTHER), ("c", APP)):
        it.captured(name, target)
    new = "http://localhost:2"
    changed = it.retarget(new, NOW)
    assert [(one.capture, one.target) for one in changed if one.state is DeliveryState.PENDING] == [
        ("a", new),
        ("c", new),
    ]
    it.resume()
    while isinstance(one := it.take(NOW), Probe):
        it.probed(one.target, None, NOW)
    found = [(one.capture, one.target)] if isinstance(one, Start) else []
    assert [*found, *starts(it)] == [("a", new), ("b", OTHER), ("c", new)]


@pytest.mark.parametrize("running", [False, True])
def test_a_default_that_is_a_routes_target_makes_one_delivery_of_two(running: bool) -> None:
    it = dispatch()
    it.pause()
    for target in (APP, OTHER):
        it.captured("a", target)
    if running:
        it.deliver_one()
        assert starts(it) == [("a", APP)]
    changed = it.retarget(OTHER, NOW)
    if running:
        assert changed == []
        lost = answer("a", Outcome.REFUSED, target=APP)
        changed = list(it.finished("a", APP, lost, NOW, WALL).deliveries)
    assert [(one.target, one.state) for one in changed] == [(APP, DeliveryState.SKIPPED)]
    assert it.unfinished == 1
    it.resume()
    assert starts(it) == [("a", OTHER)]
    assert end(it, "a", OTHER) == (DeliveryState.DONE,)
    assert (it.unfinished, it.running) == (0, 0)
