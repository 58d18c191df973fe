"""A disk that gives back other bytes than it was given: nobody gets them, everybody hears of it."""

from pathlib import Path

import pytest

from tests.support import rawhttp
from tests.support.road import EVENT_ID, road, until

SIZE = 40_000


@pytest.mark.slow
async def test_a_flipped_bit_costs_its_event_and_is_told_to_operator_and_developer(
    tmp_path: Path,
) -> None:
    async with road(tmp_path, respond="ack") as it:
        await it.listener.kill()
        ids = [
            (await it.post(b"<%d>" % number + b"x" * SIZE)).value(EVENT_ID).decode()
            for number in range(9)
        ]
        assert it.relay.process is not None
        assert await it.relay.process.stop() == 0
        flip_a_bit(it.relay.data / "large" / "1.events", b"<4>")

        check = await it.listener.run("relay", "check", str(it.relay.data))
        assert check.returncode == 1
        assert any("seq 5: " in line and "digest" in line for line in check.out)

        await it.relay.start()
        await it.listener.start()
        whole = [id_ for id_ in ids if id_ != ids[4]]
        await it.settled(whole)
        told = await until(
            lambda: [one for one in it.listener.of("notice") if one["code"] == "damaged"] or None,
            "word of it",
        )
        assert "event 5 is damaged in the relay's log" in told[0]["text"]
        after = (await it.post(b"after")).value(EVENT_ID).decode()
        await it.settled([after])
        assert it.captured().keys() == {*whole, after}
        assert not any(b"y" in message.body for message in it.program.received)
        assert (await rawhttp.once(it.relay.port, rawhttp.request("GET", "/_/ready"))).status == 200


def flip_a_bit(file: Path, behind: bytes) -> None:
    """One x becomes a y."""
    data = bytearray(file.read_bytes())
    data[data.index(behind) + len(behind) + 100] ^= 1
    file.write_bytes(data)
