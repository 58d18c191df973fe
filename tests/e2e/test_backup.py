"""A backup taken while webhooks come in holds every event that was in the log when it began."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from tests.relay_server.harness import relay
from tests.support.stream import read_log


def back_up(data: Path, to: Path) -> None:
    """As `docs/deploy.md` says."""
    to.mkdir()
    shutil.copytree(data / "large", to / "large")
    with closing(sqlite3.connect(data / "relay.sqlite")) as db:
        db.execute("vacuum into ?", (str(to / "relay.sqlite"),))
    shutil.copytree(data / "large", to / "large", dirs_exist_ok=True)


async def test_a_backup_of_a_running_relay_is_a_log(tmp_path: Path) -> None:
    bodies = [b"%d" % number * (1 if number % 5 else 200_000) for number in range(20)]
    async with relay(tmp_path / "data") as hub:
        endpoint = await hub.endpoint()
        for body in bodies:
            assert (await hub.post(endpoint, body)).status == 202
        back_up(tmp_path / "data", tmp_path / "backup")
        await hub.post(endpoint, b"later")
    async with relay(tmp_path / "backup") as restored:
        events = await read_log(restored.port, endpoint)
        assert [event.body for event in events] == bodies
        assert (await restored.post(endpoint, b"new")).status == 202
