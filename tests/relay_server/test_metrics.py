"""What a relay counts, read as Prometheus reads it."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families

from hookcli.wire import codec
from relay_server.metrics import BOUNDS, Latency
from tests.relay_server.harness import Running, relay
from tests.support import rawhttp


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Running]:
    async with relay(tmp_path / "data") as it:
        yield it


async def scrape(hub: Running) -> dict[str, float]:
    """Every sample by its name and labels."""
    told = await rawhttp.once(
        hub.port, rawhttp.request("GET", "/_/metrics", host=b"127.0.0.1", framing="none")
    )
    assert told.status == 200
    assert told.value(b"Content-Type").startswith(b"text/plain; version=0.0.4")
    return {
        sample.name.removeprefix("hookcli_relay_")
        + "".join(f",{key}={value}" for key, value in sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(told.body.decode())
        for sample in family.samples
    }


@pytest.mark.log("sqlite", "nats")
async def test_what_happened_to_webhooks_is_counted(hub: Running, log_kind: str) -> None:
    endpoint = await hub.endpoint(methods=["POST"])
    await hub.post(endpoint, b"12345")
    await rawhttp.once(hub.port, rawhttp.request("GET", endpoint.path, framing="none"))
    await rawhttp.once(hub.port, rawhttp.request("GET", "/ep_nobody", framing="none"))
    seen = await scrape(hub)
    assert seen["received_total"] == 1
    assert seen["received_bytes_total"] == 5
    assert seen["replies_total,by=ack,status=2xx"] == 1
    assert seen["refused_total,reason=endpoint_method"] == 1
    assert seen["refused_total,reason=no_endpoint"] == 1
    assert seen["commit_seconds_count"] == seen["reply_seconds_count"] == 1
    assert seen[f"backlog_events,endpoint={endpoint.id}"] == seen["backlog_events_all"] == 1
    assert 0 <= seen[f"backlog_oldest_seconds,endpoint={endpoint.id}"] < 60
    assert (seen["endpoints"], seen["listeners"]) == (1, 0)
    assert seen["log_bytes"] >= 0
    if log_kind == "sqlite":
        assert seen["log_events"] == 1
        assert seen["disk_free_bytes"] > 0
    else:  # JetStream counts no events, and the disks are its servers'
        assert not {"log_events", "disk_free_bytes"} & seen.keys()


@pytest.mark.log("sqlite", "nats")
async def test_deliveries_and_answers_are_counted_by_their_latency(hub: Running) -> None:
    endpoint = await hub.endpoint()
    async with hub.stream(endpoint) as it:
        sending = asyncio.ensure_future(hub.post(endpoint))
        event = await hub.next_event(it, 1)
        it.send(codec.result(seq=1, id=event.id, outcome="answered", status=200))
        assert (await sending).status == 200
        seen = await scrape(hub)
    assert seen["captured_total"] == seen["delivery_seconds_count"] == 1
    assert seen["results_total,outcome=answered"] == 1
    assert seen["answer_seconds_count"] == 1
    assert seen["replies_total,by=app,status=2xx"] == 1
    assert seen["listeners"] == 1
    assert seen["backlog_events_all"] == 0


async def test_the_page_needs_the_key_where_there_is_one(tmp_path: Path) -> None:
    async with relay(tmp_path / "data", open_registration=False) as hub:
        endpoint = await hub.endpoint()
        assert (await hub.call("GET", "/_/metrics"))[0] == 401
        assert (await hub.call("GET", "/_/metrics", token=endpoint.token))[0] == 401
        fields = [(b"Authorization", f"Bearer {hub.started.key}".encode())]
        raw = rawhttp.request("GET", "/_/metrics", fields, framing="none")
        assert (await rawhttp.once(hub.port, raw)).status == 200


@pytest.mark.log("sqlite", "nats")
async def test_the_private_port_tells_how_things_stand_without_a_key(tmp_path: Path) -> None:
    async with (
        relay(tmp_path / "data", open_registration=False, admin="127.0.0.1:0") as hub,
        aiohttp.ClientSession(hub.started.admin) as operator,
    ):
        endpoint = await hub.endpoint()
        await hub.post(endpoint)
        async with operator.get("/_/health") as health:
            assert (health.status, (await health.json())["status"]) == (200, "ok")
        async with operator.get("/_/ready") as ready:
            assert ready.status == 200
        async with operator.get("/_/metrics") as metrics:
            assert metrics.headers["Content-Type"].startswith("text/plain; version=0.0.4")
            assert "hookcli_relay_received_total 1.0" in await metrics.text()
        for path in ("/", f"/{endpoint.id}", "/_/v1/endpoints"):
            async with operator.get(path) as nothing:
                assert nothing.status == 404
        async with operator.post("/_/metrics") as wrong:
            assert wrong.status == 405


async def test_a_private_port_that_is_taken_is_an_error_and_leaves_nothing_open(
    tmp_path: Path,
) -> None:
    async with relay(tmp_path / "one", admin="127.0.0.1:0") as hub:
        taken = (hub.started.admin or "").removeprefix("http://")
        with pytest.raises(OSError, match="in use"):
            async with relay(tmp_path / "two", admin=taken):
                pass
    async with relay(tmp_path / "two"):
        pass


def test_latencies_fall_into_their_buckets() -> None:
    latency = Latency()
    for seconds in (0.0, BOUNDS[0], BOUNDS[0] + 1e-9, BOUNDS[-1] + 1):
        latency.observe(seconds)
    assert (latency.counts[0], latency.counts[1], latency.counts[-1]) == (2, 1, 1)
    assert latency.total_s == pytest.approx(2 * BOUNDS[0] + BOUNDS[-1] + 1)


def test_who_asks_for_no_metrics_pays_for_none() -> None:
    code = "import sys, relay_server.app; sys.exit('prometheus_client' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=30).returncode == 0
