"""No secret of the configuration and no token is on a screen, in the log, in a picture or a file."""

from pathlib import Path

import pytest

from hookcli.captures.model import Signature, SignatureState
from hookcli.signatures import Secret
from tests.hookcli.tui.rig import attempt, capture, driven, put

CANARY = "canary5f1c"


def written(folder: Path) -> list[bytes]:
    """Every file below a folder."""
    return [path.read_bytes() for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    "state",
    [
        SignatureState.BAD,
        pytest.param(SignatureState.OK, marks=pytest.mark.slow),
        pytest.param(SignatureState.UNKNOWN, marks=pytest.mark.slow),
    ],
)
async def test_a_secret_is_called_by_its_name_only(tmp_path: Path, state: SignatureState) -> None:
    secrets = (Secret("stripe-test", f"whsec_{CANARY}"), Secret("other", f"{CANARY}2"))
    made, body = capture(1, signature=Signature(state=state))
    put(tmp_path / "captures.db", made, body, attempt(made.id, 500))
    seen: list[str] = []
    async with driven(
        tmp_path, size=(160, 45), secrets=lambda _: secrets, all_secrets=lambda: secrets,
        env={"STRIPE_WEBHOOK_SECRET": CANARY, "HOOKCLI_TOKEN": CANARY},
    ) as it:  # fmt: skip
        for keys in (("1",), ("2",), ("3",), ("4",), ("5",), ("6",), ("escape", "ctrl+r"), ("e",), ("ctrl+j",),
                     ("escape",), ("Y",), ("escape", "R"), ("escape", "L"), ("escape", "i"), ("escape", "S"),
                     ("escape", "question_mark", "f2"), ("escape", "colon"), ("escape",)):  # fmt: skip
            await it.press(*keys)
            seen += [it.screen, it.app.export_screenshot()]
        await it.press("4")
        assert "stripe-test" in it.screen
        await it.press("c")
        seen += [line.text for line in it.app.board.log]
    assert not any(CANARY in text for text in seen)
    assert not any(CANARY.encode() in data for data in written(tmp_path))
    for request, *_ in it.program.sent:
        assert CANARY.encode() not in request.body + repr(request.headers).encode()
