"""The mark `log`: a test's relays have the log that it names, each folder one of its own."""

from pathlib import Path

import pytest

from tests.relay_server import harness
from tests.support import running

pytestmark = pytest.mark.log("sqlite", "nats")


async def test_a_relay_has_the_log_of_its_folder(tmp_path: Path, log_kind: str) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    async with harness.relay(one) as hub:
        assert ("nats://" in hub.started.log) is (log_kind == "nats")
        endpoint = await hub.endpoint()
    async with harness.relay(one) as again, harness.relay(other) as apart:
        assert (await again.post(endpoint)).status == 202
        assert (await apart.post(endpoint)).status == 404
    assert one.exists() is (log_kind == "sqlite")


async def test_so_has_a_process(tmp_path: Path, log_kind: str) -> None:
    async with running.relay(tmp_path) as it:
        await it.endpoint()
        await it.kill()
        await it.start()
        assert len((await it.api("GET", "/_/v1/endpoints"))["endpoints"]) == 1
        assert it.data.exists() is (log_kind == "sqlite")


@pytest.mark.log("sqlite")
async def test_the_mark_of_a_test_goes_over_its_module_s(log_kind: str) -> None:
    assert log_kind == "sqlite"
