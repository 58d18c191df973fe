"""What senders were told gathers for a moment, and no longer."""

import asyncio

from hookcli.wire.messages import Reply
from relay_server.replies import Replies


def reply(seq: int) -> Reply:
    return Reply(seq=seq, status=202, by="ack", ms=1.0)


async def test_they_wait_for_company_and_then_go_together() -> None:
    woken = asyncio.Event()
    it = Replies(asyncio.get_running_loop())
    it.add([], woken.set)
    it.add([reply(1)], woken.set)
    it.add([reply(2), reply(3)], woken.set)
    assert it.due() == ()
    async with asyncio.timeout(5):
        await woken.wait()
    assert [one.seq for one in it.due()] == [1, 2, 3]
    assert it.due() == ()


async def test_many_wait_no_longer_and_at_the_end_nobody_does() -> None:
    it = Replies(asyncio.get_running_loop())
    it.add([reply(n) for n in range(300)], lambda: None)
    assert len(it.due()) == 300
    it.add([reply(1)], lambda: None)
    assert it.due() == ()
    assert it.all() == (reply(1),)
    assert it.all() == ()
