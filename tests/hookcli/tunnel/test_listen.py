"""A listener over a real relay, a real store and a real program: what it keeps, delivers and tells."""

import asyncio
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hookcli.captures.model import Capture, DeliveryState, Outcome, Why
from hookcli.captures.store import Batch, Committed, Store
from hookcli.cli.console import ExitCode, exit_code
from hookcli.errors import AuthError, NotFoundError, RelayError, StoreError
from hookcli.tunnel import listen
from hookcli.tunnel.observe import (
    AttemptFinished,
    AttemptStarted,
    Captured,
    Done,
    Notice,
    Ready,
    Reconnecting,
    Retargeted,
    SenderTold,
    TargetState,
)
from tests.hookcli.tunnel.listening import plan, running, stored
from tests.relay_server.harness import Running, relay
from tests.support import rawhttp
from tests.support.running import Endpoint


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Running]:
    async with relay(tmp_path / "relay") as it:
        yield it


@pytest.fixture
async def endpoint(server: Running) -> Endpoint:
    return await server.endpoint()


@pytest.fixture
async def program() -> AsyncIterator[rawhttp.Program]:
    async with rawhttp.program(rawhttp.respond(201, body=b"done")) as it:
        yield it


async def answered(server: Running, endpoint: Endpoint, status: int) -> None:
    """Senders get this from now on: the relay may hear of the program a moment after the test."""
    async with asyncio.timeout(10):
        while (await server.post(endpoint)).status != status:
            pass


async def test_the_whole_road_and_what_is_told_of_it(
    server: Running, endpoint: Endpoint, program: rawhttp.Program, tmp_path: Path
) -> None:
    asked = plan(tmp_path, server.url, endpoint, program.url)
    async with running(asked) as it:
        (ready,) = await it.watch.count(Ready)
        assert (ready.endpoint, ready.url) == (endpoint.id, endpoint.url)
        assert (ready.targets, ready.backlog, ready.resume_seq) == ((program.url,), 0, 0)
        answer = await server.post(endpoint, b'{"a": 1}', "/x?y=%zz")
        assert (answer.status, answer.body) == (201, b"done")
        await it.watch.count(SenderTold)
        ending = await it.stop()
    kinds = [type(one) for one in it.watch.reports if not isinstance(one, TargetState)]
    order = [Ready, Captured, AttemptStarted, AttemptFinished, SenderTold, Done]
    assert [kind for kind in kinds if kind in order] == order
    (captured,) = it.watch.of(Captured)
    (attempt,) = it.watch.attempts
    (told,) = it.watch.of(SenderTold)
    assert (captured.body, captured.capture.target) == (b'{"a": 1}', b"/x?y=%zz")
    assert (attempt.n, attempt.status, attempt.why) == (1, 201, Why.LIVE)
    assert (told.told.status, told.told.by) == (201, "app")
    assert ending.reason == "stopped"
    assert ending.error is None
    assert ending.done == Done(captured=1, failed=0, waiting=0, last_seq=1)
    async with stored(asked) as store:
        (summary,) = store.summaries()
        assert store.cursor(endpoint.id) == 1
        assert store.attempts(captured.capture.id) == [attempt]
        assert summary.state is DeliveryState.DONE
        assert summary.capture.told == told.told


async def test_without_a_target_events_are_kept_and_nobody_waits(
    server: Running, endpoint: Endpoint, tmp_path: Path
) -> None:
    async with running(plan(tmp_path, server.url, endpoint, None)) as it:
        await it.watch.count(Ready)
        answer = await asyncio.wait_for(server.post(endpoint), 3)
        assert answer.status == 202
        (captured,) = await it.watch.count(Captured)
        assert captured.skipped


async def test_a_backlog_comes_in_order_and_its_answers_go_nowhere(
    server: Running, endpoint: Endpoint, program: rawhttp.Program, tmp_path: Path
) -> None:
    for number in range(300):
        await server.post(endpoint, b"%d" % number)
    asked = plan(tmp_path, server.url, endpoint, program.url, concurrency=1)
    async with running(asked) as it:
        (ready,) = await it.watch.count(Ready)
        assert ready.backlog == 300
        received = await program.wait_for(300)
        await it.watch.count(SenderTold, 300)
    assert [int(one.body) for one in received] == list(range(300))
    assert [one.seq for one in it.watch.captures] == sorted(
        one.seq or 0 for one in it.watch.captures
    )
    assert {one.told.by for one in it.watch.of(SenderTold)} == {"ack"}


async def test_what_was_not_delivered_is_delivered_by_the_next_one(
    server: Running, endpoint: Endpoint, tmp_path: Path
) -> None:
    async with rawhttp.program(rawhttp.hang()) as stuck:
        asked = plan(tmp_path, server.url, endpoint, stuck.url, respond="ack", concurrency=2)
        async with running(asked) as it:
            await it.watch.count(Ready)
            for number in range(5):
                await server.post(endpoint, b"%d" % number)
            await it.watch.count(Captured, 5)
            await stuck.wait_for(2)
            ending = await it.stop(0.0)
        assert ending.done.waiting == 5
        assert it.watch.attempts == []
        stuck.answer = rawhttp.respond()
        stuck.received.clear()
        async with running(asked) as it:
            received = await stuck.wait_for(5)
            assert sorted(one.body for one in received) == [b"0", b"1", b"2", b"3", b"4"]
            await it.watch.count(AttemptFinished, 5)
            assert it.watch.captures == []
            assert (await it.stop()).done.waiting == 0


async def test_running_attempts_may_finish_and_their_senders_get_the_answer(
    server: Running, endpoint: Endpoint, program: rawhttp.Program, tmp_path: Path
) -> None:
    go = asyncio.Event()

    async def slow(message: rawhttp.Message, writer: asyncio.StreamWriter) -> None:
        await go.wait()
        await rawhttp.respond(201, body=b"late")(message, writer)

    program.answer = slow
    async with running(plan(tmp_path, server.url, endpoint, program.url)) as it:
        await it.watch.count(Ready)
        async with asyncio.TaskGroup() as group:
            sent = group.create_task(server.post(endpoint))
            await program.wait_for(1)
            it.listener.stop(10.0)
            go.set()
        assert (await sent).body == b"late"
        ending = await it.end()
        assert ending.done.waiting == 0


async def test_a_program_that_is_down_is_waited_for_and_senders_are_not(
    server: Running, endpoint: Endpoint, program: rawhttp.Program, tmp_path: Path
) -> None:
    await program.stop()
    async with running(plan(tmp_path, server.url, endpoint, program.url)) as it:
        await it.watch.count(Ready)
        await it.watch.until(
            lambda: any(one.state == "refused" for one in it.watch.of(TargetState)), "refused"
        )
        for number in range(20):
            answer = await asyncio.wait_for(server.post(endpoint, b"%d" % number), 3)
            assert answer.status == 202
        await it.watch.count(Captured, 20)
        assert it.watch.of(AttemptStarted) == []
        await program.start()
        received = await program.wait_for(20)
        await it.watch.count(AttemptFinished, 20)
        assert sorted(int(one.body) for one in received) == list(range(20))
        assert it.watch.of(TargetState)[-1].state == "up"
        assert max(one.waiting for one in it.watch.of(TargetState)) > 0
        await answered(server, endpoint, 201)


async def test_a_program_that_goes_down_costs_one_refused_attempt_each_at_most(
    server: Running, endpoint: Endpoint, program: rawhttp.Program, tmp_path: Path
) -> None:
    async with running(plan(tmp_path, server.url, endpoint, program.url)) as it:
        await it.watch.count(Ready)
        await server.post(endpoint)
        await program.stop()
        answers = await asyncio.gather(*(server.post(endpoint) for _ in range(10)))
        assert {answer.status for answer in answers} == {202}
        await it.watch.count(Captured, 11)
        await program.start()
        await program.wait_for(11)
        await it.watch.count(AttemptFinished, 12)
        tried = [one.capture for one in it.watch.attempts]
        assert max(tried.count(capture) for capture in tried) <= 2
        assert {one.outcome for one in it.watch.attempts} == {Outcome.RESPONDED, Outcome.REFUSED}


async def test_an_answer_that_is_not_2xx_is_tried_again_only_when_asked(
    server: Running, endpoint: Endpoint, program: rawhttp.Program, tmp_path: Path
) -> None:
    wait = (b"Retry-After", b"0")
    program.answer = rawhttp.respond(503, [wait])
    async with running(plan(tmp_path / "a", server.url, endpoint, program.url)) as it:
        await it.watch.count(Ready)
        assert (await server.post(endpoint)).status == 503
        (attempt,) = [one.attempt for one in await it.watch.count(AttemptFinished)]
        assert attempt.next_retry_at is None
        assert (await it.stop()).done.failed == 1
    asked = plan(tmp_path / "b", server.url, endpoint, program.url, retry=1, start=listen.Now())
    async with running(asked, random=lambda: 0.0) as it:
        await it.watch.count(Ready)
        program.script = [rawhttp.respond(503, [wait]), rawhttp.respond(200)]
        assert (await server.post(endpoint)).status == 503
        first, second = [one.attempt for one in await it.watch.count(AttemptFinished, 2)]
        assert first.next_retry_at is not None
        assert (second.why, second.n, second.status) == (Why.RETRY, 2, 200)
        assert (await it.stop()).done.failed == 0


async def test_it_ends_when_it_is_drained(
    server: Running, endpoint: Endpoint, program: rawhttp.Program, tmp_path: Path
) -> None:
    for _ in range(30):
        await server.post(endpoint)
    program.answer = rawhttp.after(0.02, rawhttp.respond())
    asked = plan(tmp_path, server.url, endpoint, program.url, drain=True)
    async with running(asked) as it:
        ending = await it.end()
    assert (ending.reason, ending.done) == (
        "drained",
        Done(captured=30, failed=0, waiting=0, last_seq=30),
    )
    assert len(program.received) == 30
    assert len(it.watch.of(SenderTold)) == 30


async def test_it_ends_after_so_many_events_and_takes_no_more(
    server: Running, endpoint: Endpoint, program: rawhttp.Program, tmp_path: Path
) -> None:
    for number in range(7):
        await server.post(endpoint, b"%d" % number)
    asked = plan(tmp_path, server.url, endpoint, program.url, count=3, concurrency=1)
    for expected in ([b"0", b"1", b"2"], [b"3", b"4", b"5"]):
        program.received.clear()
        async with running(asked) as it:
            ending = await it.end()
        assert (ending.reason, ending.done.captured) == ("count", 3)
        assert [one.body for one in program.received] == expected


async def test_it_ends_after_a_time_whatever_waits(
    server: Running, endpoint: Endpoint, tmp_path: Path
) -> None:
    asked = plan(tmp_path, server.url, endpoint, "http://127.0.0.1:9", for_s=0.1, drain=True)
    await server.post(endpoint)
    async with running(asked) as it:
        ending = await it.end()
    assert ending.reason == "for"
    assert ending.done.waiting == 1


async def test_where_it_begins(
    server: Running, endpoint: Endpoint, program: rawhttp.Program, tmp_path: Path
) -> None:
    for number in range(1, 6):
        await server.post(endpoint, b"%d" % number)

    async def bodies(name: str, start: listen.Start) -> list[int]:
        asked = plan(tmp_path / name, server.url, endpoint, None, start=start, drain=True)
        async with running(asked) as it:
            await it.end()
        return [int(one.body) for one in it.watch.of(Captured)]

    assert await bodies("fresh", listen.Cursor()) == [1, 2, 3, 4, 5]
    assert await bodies("fresh", listen.Cursor()) == []
    assert await bodies("from", listen.From(seq=4)) == [4, 5]
    assert await bodies("since", listen.Since(at=0)) == [1, 2, 3, 4, 5]
    assert await bodies("now", listen.Now()) == []
    await server.post(endpoint, b"6")
    assert await bodies("now", listen.Cursor()) == [6]
    assert await bodies("fresh", listen.From(seq=2)) == [6]  # the others are here already


async def test_a_log_that_was_lost_is_begun_anew(
    server: Running, endpoint: Endpoint, program: rawhttp.Program, tmp_path: Path
) -> None:
    """The relay's log is younger than the cursor: what it gets while nobody listens is not missed."""
    asked = plan(tmp_path, server.url, endpoint, program.url)
    async with running(plan(tmp_path, server.url, endpoint, None, drain=True)) as it:
        await it.end()
    async with stored(asked) as store:
        store.commit(Batch(cursor=(endpoint.id, 1000)))
    async with running(asked) as it:
        (ready,) = await it.watch.count(Ready)
        assert ready.resume_seq == 0
    await server.post(endpoint, b"while nobody listens")
    async with running(asked) as it:
        (captured,) = await it.watch.count(Captured)
        assert captured.body == b"while nobody listens"


async def test_a_token_that_is_wrong_ends_it_at_once(server: Running, tmp_path: Path) -> None:
    made = await server.endpoint()
    wrong = Endpoint(id=made.id, url=made.url, token="hk_wrong")
    asked = plan(tmp_path, server.url, wrong, None, token_source="HOOKCLI_TOKEN")
    async with running(asked) as it:
        ending = await it.end()
    assert isinstance(ending.error, AuthError)
    assert ending.error.why == ("token from: HOOKCLI_TOKEN",)
    assert [one.code for one in it.watch.of(Notice)] == ["token"]


async def test_a_token_that_is_revoked_and_an_endpoint_that_is_deleted_end_it(
    server: Running, tmp_path: Path
) -> None:
    for path, kind in (("/rotate", AuthError), ("", NotFoundError)):
        made = await server.endpoint()
        async with running(plan(tmp_path / f"x{path}", server.url, made, None)) as it:
            await it.watch.count(Ready)
            method = "POST" if path else "DELETE"
            await server.call(method, f"/_/v1/endpoints/{made.id}{path}", token=made.token)
            ending = await it.end()
        assert isinstance(ending.error, kind)
        assert ending.reason == "refused"


async def test_a_relay_that_is_away_is_tried_again_and_given_up_when_asked(tmp_path: Path) -> None:
    nowhere = Endpoint(id="ep_x", url="", token="hk_x")
    asked = plan(tmp_path, "http://127.0.0.1:9", nowhere, None, max_offline_s=0.4)
    async with running(asked) as it:
        ending = await it.end()
    assert ending.reason == "offline"
    assert isinstance(ending.error, RelayError)
    assert "cannot reach 127.0.0.1:9 (connection refused" in ending.error.message
    assert len(it.watch.of(Reconnecting)) >= 2


async def test_pausing_letting_one_go_and_going_on(
    server: Running, endpoint: Endpoint, program: rawhttp.Program, tmp_path: Path
) -> None:
    asked = plan(tmp_path, server.url, endpoint, program.url, paused=True)
    async with running(asked) as it:
        await it.watch.count(Ready)
        for number in range(3):
            answer = await asyncio.wait_for(server.post(endpoint, b"%d" % number), 3)
            assert answer.status == 202  # nobody is held while delivery is paused
        await it.watch.count(Captured, 3)
        assert program.received == []
        it.listener.deliver_one()
        (first,) = await program.wait_for(1)
        assert first.body == b"0"
        it.listener.resume()
        await program.wait_for(3)
        await answered(server, endpoint, 201)
        it.listener.pause()
        assert (await asyncio.wait_for(server.post(endpoint), 3)).status == 202


async def test_another_target_gets_what_waits(
    server: Running, endpoint: Endpoint, program: rawhttp.Program, tmp_path: Path
) -> None:
    asked = plan(tmp_path, server.url, endpoint, "http://127.0.0.1:9")
    async with running(asked) as it:
        await it.watch.count(Ready)
        await it.watch.until(lambda: bool(it.watch.of(TargetState)), "a state")
        await server.post(endpoint, b"waits")
        await it.watch.count(Captured)
        it.listener.retarget(program.url)
        (told,) = await it.watch.count(Retargeted)
        assert told.targets == (program.url,)
        (got,) = await program.wait_for(1)
        assert got.body == b"waits"
        await answered(server, endpoint, 201)
        await it.stop()
    since = it.watch.reports.index(told)
    after = [one for one in it.watch.reports[since:] if isinstance(one, TargetState)]
    assert {one.target for one in after} == {program.url}
    async with stored(asked) as store:
        assert store.pending(endpoint.id) == []


async def test_what_waited_for_another_port_is_delivered_to_the_present_one(
    server: Running, endpoint: Endpoint, program: rawhttp.Program, tmp_path: Path
) -> None:
    async with running(plan(tmp_path, server.url, endpoint, "http://127.0.0.1:9")) as it:
        await it.watch.count(Ready)
        await server.post(endpoint)
        await it.watch.count(Captured)
        await it.stop(0.0)
    async with running(plan(tmp_path, server.url, endpoint, program.url)) as it:
        await program.wait_for(1)
        (notice,) = await it.watch.count(Notice)
        assert notice.code == "moved"


async def test_an_answer_that_is_too_large_to_travel_leaves_the_sender_with_the_ack(
    tmp_path: Path, program: rawhttp.Program
) -> None:
    async with relay(tmp_path / "relay", max_message=100_000) as server:
        endpoint = await server.endpoint()
        program.script = [rawhttp.respond(200, body=b"x" * 200_000)]
        async with running(plan(tmp_path, server.url, endpoint, program.url)) as it:
            await it.watch.count(Ready)
            # What the relay takes is learnt from the first answer that it did not take.
            assert (await server.post(endpoint)).status == 202
            await it.watch.until(lambda: not it.watch.of(Ready) or bool(it.watch.attempts), "it")
            await it.watch.until(
                lambda: any(type(one).__name__ == "Connected" for one in it.watch.reports), "back"
            )
            program.script = [rawhttp.respond(200, body=b"x" * 200_000)]
            assert (await server.post(endpoint)).status == 202
            await it.watch.until(
                lambda: any(one.code == "answer" for one in it.watch.of(Notice)), "a notice"
            )
            assert (await server.post(endpoint)).status == 201


async def test_a_bug_in_judging_costs_the_source_and_not_the_event(
    server: Running, endpoint: Endpoint, program: rawhttp.Program, tmp_path: Path
) -> None:
    def judge(*_: object) -> object:
        raise RecursionError

    async with running(plan(tmp_path, server.url, endpoint, program.url), judge=judge) as it:
        await it.watch.count(Ready)
        assert (await server.post(endpoint)).status == 201
        assert (await server.post(endpoint)).status == 201
        assert [one.code for one in it.watch.of(Notice)] == ["bug"]


async def test_who_sent_an_event_is_told_with_it(
    server: Running, endpoint: Endpoint, tmp_path: Path
) -> None:
    async with running(plan(tmp_path, server.url, endpoint, None)) as it:
        await it.watch.count(Ready)
        fields = ((b"X-GitHub-Event", b"push"), (b"X-GitHub-Delivery", b"72d3162e"))
        await server.post(endpoint, b"{}", headers=fields)
        await it.watch.count(Captured)
        (capture,) = it.watch.captures
        assert (capture.source, capture.event_type) == ("github", "push")


async def test_an_observer_that_fails_ends_the_listener_with_that_failure(
    server: Running, endpoint: Endpoint, program: rawhttp.Program, tmp_path: Path
) -> None:
    for kind in (Ready, Captured, AttemptStarted, TargetState):

        def observer(report: object, kind: type = kind) -> None:
            if isinstance(report, kind):
                raise KeyError(kind.__name__)

        asked = plan(tmp_path / kind.__name__, server.url, endpoint, program.url)
        listener = listen.Listener(asked, observer)
        async with asyncio.TaskGroup() as group:
            running_ = group.create_task(_error_of(listener))
            await server.post(endpoint)
        assert isinstance(await running_, KeyError), kind


async def _error_of(listener: listen.Listener) -> Exception | None:
    try:
        await asyncio.wait_for(listener.run(), 10)
    except Exception as error:
        return error
    return None


async def test_an_event_that_a_bug_meets_is_given_up_so_that_it_stops_nothing_ever_again(
    server: Running,
    endpoint: Endpoint,
    program: rawhttp.Program,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from hookcli.tunnel.forward import Forwarder

    send = Forwarder.send

    async def buggy(self: Forwarder, request: object, *args: object, **more: object) -> object:
        if getattr(request, "body", b"") == b"poison":
            raise ZeroDivisionError
        return await send(self, request, *args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(Forwarder, "send", buggy)
    asked = plan(tmp_path, server.url, endpoint, program.url, respond="ack", concurrency=1)
    for body in (b"poison", b"good"):
        await server.post(endpoint, body)
    assert isinstance(await _error_of(listen.Listener(asked, lambda _: None)), ZeroDivisionError)
    async with running(asked) as it:
        (got,) = await program.wait_for(1)
        assert got.body == b"good"
        await it.watch.count(AttemptFinished)


async def test_it_can_be_stopped_before_it_runs_and_from_another_thread(
    server: Running, endpoint: Endpoint, tmp_path: Path
) -> None:
    asked = plan(tmp_path, server.url, endpoint, None)
    listener = listen.Listener(asked, lambda _: None)
    listener.stop(0.0)
    assert (await asyncio.wait_for(listener.run(), 5)).reason == "stopped"
    async with running(asked) as it:
        await it.watch.count(Ready)
        threading.Thread(target=it.listener.stop).start()
        assert (await it.end()).reason == "stopped"
        it.listener.stop()  # again, when it has ended: nothing


async def test_a_store_that_cannot_be_opened_ends_it(
    server: Running, endpoint: Endpoint, tmp_path: Path
) -> None:
    (tmp_path / "captures.sqlite").write_text("my notes\n" * 100)
    async with running(plan(tmp_path, server.url, endpoint, None)) as it:
        ending = await it.end()
    assert ending.reason == "store"
    assert isinstance(ending.error, StoreError)


async def test_a_full_disk_ends_it_and_what_is_not_stored_is_not_acknowledged(
    server: Running,
    endpoint: Endpoint,
    program: rawhttp.Program,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    commit = Store.commit

    def full(self: Store, batch: Batch) -> Committed:
        if any(one.body == b"too much" for one in batch.captures):
            raise StoreError("cannot write captures: no space left on /x") from OSError(28, "full")
        return commit(self, batch)

    monkeypatch.setattr(Store, "commit", full)
    asked = plan(tmp_path, server.url, endpoint, program.url)
    async with running(asked) as it:
        await it.watch.count(Ready)
        await server.post(endpoint, b"fits")
        assert (await server.post(endpoint, b"too much")).status == 202
        ending = await it.end()
    assert ending.reason == "store"
    assert ending.error is not None
    assert ending.error.message == (
        "cannot write captures: no space left on /x; not taking more events (the relay keeps them)"
    )
    assert exit_code(ending.error) is ExitCode.NO
    assert [one.code for one in it.watch.of(Notice)] == ["disk"]
    assert [one.body for one in it.watch.of(Captured)] == [b"fits"]
    assert ending.done.last_seq == 1
    monkeypatch.setattr(Store, "commit", commit)
    async with running(asked) as it:
        (captured,) = await it.watch.count(Captured)
        assert captured.body == b"too much"


async def test_another_listener_is_told_of(
    server: Running, endpoint: Endpoint, tmp_path: Path
) -> None:
    async with running(plan(tmp_path / "a", server.url, endpoint, None)) as it:
        await it.watch.count(Ready)
        other = plan(tmp_path / "b", server.url, endpoint, None, name="maria-mbp")
        async with running(other):
            (notice,) = await it.watch.count(Notice)
            assert notice.code == "another-listener"
            assert "another listener (maria-mbp, since " in notice.text
        _, notice = await it.watch.count(Notice, 2)
        assert notice.code == "alone"


async def test_a_capture_that_was_deleted_meanwhile_is_not_delivered(
    server: Running, endpoint: Endpoint, program: rawhttp.Program, tmp_path: Path
) -> None:
    asked = plan(tmp_path, server.url, endpoint, program.url, paused=True)
    async with running(asked) as it:
        await it.watch.count(Ready)
        await server.post(endpoint, b"0")
        await server.post(endpoint, b"1")
        await it.watch.count(Captured, 2)
        await it.stop()
    async with stored(asked) as store:
        store.delete([it.watch.captures[0].id])
    async with running(plan(tmp_path, server.url, endpoint, program.url)) as it:
        (got,) = await program.wait_for(1)
        assert got.body == b"1"
        await it.watch.count(AttemptFinished)


async def test_stopping_one_that_has_ended_does_nothing(
    server: Running, endpoint: Endpoint, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(plan(tmp_path, server.url, endpoint, None, count=1)) as it:
        await it.watch.count(Ready)
        await server.post(endpoint)
        await it.end()
        it.listener.stop()
        await asyncio.sleep(0)
    assert caplog.records == []


async def test_what_is_remarked_of_an_event_is_in_its_note_and_a_bug_costs_only_that(
    server: Running, endpoint: Endpoint, tmp_path: Path
) -> None:
    def remark(capture: Capture, body: bytes) -> str:
        return f"{capture.method} of {1 // len(body)}"

    async with running(plan(tmp_path, server.url, endpoint, None, remark=remark)) as it:
        await it.watch.count(Ready)
        for body in (b"x", b""):
            await server.post(endpoint, body)
        noted, other = await it.watch.count(Captured, 2)
        (notice,) = await it.watch.count(Notice)
    assert (noted.capture.note, other.capture.note) == ("POST of 1", "")
    assert "ZeroDivisionError" in notice.text
