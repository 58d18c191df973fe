"""What a newer listener says that this relay does not know."""

import json
import logging
from pathlib import Path

import pytest

from tests.relay_server.harness import relay
from tests.relay_server.test_stream import in_step


async def test_a_message_of_unknown_type_is_noted_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "relay"):
        async with relay(tmp_path) as hub:
            endpoint = await hub.endpoint()
            for _ in range(2):
                async with hub.stream(endpoint) as it:
                    for kind in (b"later", b"never", b"later"):
                        it.write_frame(2, b"\x81\xa4type\xa5" + kind)
                    await in_step(it)
    noted = [record.getMessage() for record in caplog.records if "unknown" in record.getMessage()]
    assert [json.loads(line)["type"] for line in noted] == ["later", "never"]
