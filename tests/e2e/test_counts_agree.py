"""Never lie: what `hookcli stats` counts on the laptop is what the relay's metrics count."""

import asyncio
import json
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.support import rawhttp
from tests.support.rawhttp import Message
from tests.support.road import Road, road, until

GOOD, BAD = 7, 3


async def program(message: Message, writer: asyncio.StreamWriter) -> None:
    """500 for what says bad, 200 for the rest."""
    status = 500 if message.body == b"bad" else 200
    await rawhttp.respond(status)(message, writer)


@pytest.mark.slow
@pytest.mark.log("sqlite", slow="nats")
async def test_stats_and_the_relays_metrics_agree(tmp_path: Path) -> None:
    async with road(tmp_path, answer=program) as it:
        for body in [b"good"] * GOOD + [b"bad"] * BAD:
            assert (await it.post(body)).status == (500 if body == b"bad" else 200)
        await until(lambda: len(it.done()) == GOOD + BAD or None, "every delivery")
        # The listener's Ack of the last events may still be under way.
        async with asyncio.timeout(20):
            while (seen := await scrape(it))["captured_total"] < GOOD + BAD:  # noqa: ASYNC110 - no event
                await asyncio.sleep(0.05)
        ended = await it.listener.run("stats", "--json")
    total = json.loads(ended.out[-1])
    assert total["name"] is None
    assert total["count"] == seen["received_total"] == seen["captured_total"] == GOOD + BAD
    assert total["good"] == seen["replies_total,by=app,status=2xx"] == GOOD
    assert total["failing"] == seen["replies_total,by=app,status=5xx"] == BAD
    assert total["waiting"] == seen["backlog_events_all"] == 0
    answered = total["good"] + total["failing"]
    assert answered == seen["results_total,outcome=answered"] == seen["answer_seconds_count"]


async def scrape(it: Road) -> dict[str, float]:
    """Every sample of the relay's page, by its name and labels."""
    fields = ((b"Authorization", b"Bearer " + it.relay.key.encode()),)
    raw = rawhttp.request("GET", "/_/metrics", fields, framing="none")
    told = await rawhttp.once(it.relay.port, raw)
    assert told.status == 200
    return {
        sample.name.removeprefix("hookcli_relay_")
        + "".join(f",{key}={value}" for key, value in sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(told.body.decode())
        for sample in family.samples
    }
