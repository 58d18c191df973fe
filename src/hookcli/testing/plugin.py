"""The pytest plugin: a marker that parametrises over saved captures, and three fixtures.

Loaded with every pytest run of an environment that has hookcli, so it imports nothing until it is used.

    [tool.pytest.ini_options]
    webhook_folder = "tests/webhooks"
    webhook_secrets = ["stripe=whsec_test", "github=env:GITHUB_SECRET"]
"""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from hookcli.testing.relay import EmbeddedRelay
    from hookcli.testing.webhook import Webhook, Webhooks

_FOLDER, _SECRETS = "webhook_folder", "webhook_secrets"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Two settings."""
    what = "where webhooks are saved (hookcli); default: webhooks beside the test, tests/webhooks"
    parser.addini(_FOLDER, what, default="")
    parser.addini(
        _SECRETS,
        "test secrets, SCHEME=VALUE or SCHEME=env:NAME, with which webhooks are signed (hookcli)",
        type="linelist",
        default=[],
    )


def pytest_configure(config: pytest.Config) -> None:
    """One marker."""
    config.addinivalue_line(
        "markers", "webhooks(*patterns): run with each saved webhook that fits, as `webhook`"
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test for each file that fits the marker's patterns."""
    marker = metafunc.definition.get_closest_marker("webhooks")
    if marker is None or "webhook" not in metafunc.fixturenames:
        return
    from hookcli.testing.webhook import find, name_of

    folder = _folder(metafunc.config, metafunc.definition.path)
    patterns = marker.args or ("**/*.http",)
    files = find(folder, patterns)
    if not files:
        pytest.fail(
            f"{metafunc.definition.nodeid}: no file fits {', '.join(patterns)} in {folder}\n"
            f"try: hookcli export http @ -O {folder}/",
            pytrace=False,
        )
    names = [name_of(folder, file) for file in files]
    metafunc.parametrize("webhook", names, ids=names, indirect=True)


@pytest.fixture
def webhook(request: pytest.FixtureRequest, webhooks: "Webhooks") -> "Webhook":
    """The saved webhook of a test that is marked with `@pytest.mark.webhooks("stripe/*.http")`."""
    name = getattr(request, "param", None)
    if name is None:
        pytest.fail(
            f"{request.node.nodeid} asks for `webhook` and is not marked\n"
            'try: @pytest.mark.webhooks("stripe/*.http"), or ask for `webhooks`',
            pytrace=False,
        )
    return webhooks(f"{name}.http")


@pytest.fixture
def webhooks(request: pytest.FixtureRequest, webhook_secrets: "dict[str, str]") -> "Webhooks":
    """The saved webhooks: `webhooks("stripe/invoice-paid")`, `webhooks.all("stripe/*.http")`."""
    from hookcli.signatures import Secret
    from hookcli.testing.webhook import Webhooks

    secrets = {name: Secret("test", value) for name, value in webhook_secrets.items()}
    return Webhooks(_folder(request.config, request.path), secrets)


@pytest.fixture
def webhook_secrets(pytestconfig: pytest.Config) -> "dict[str, str]":
    """Test secrets by scheme, from the settings; override it to make them in code."""
    return dict(_secret(line) for line in pytestconfig.getini(_SECRETS))


@pytest.fixture
def relay(tmp_path: Path) -> "Iterator[EmbeddedRelay]":
    """A relay of the test's own with an endpoint: `relay.url`, `relay.forward(8000)`, `relay.wait_for`."""
    from hookcli.testing.relay import EmbeddedRelay

    with EmbeddedRelay(tmp_path / "hookcli") as running:
        yield running


def _folder(config: pytest.Config, test: Path) -> Path:
    """The folder of a test file: the one that is set, else `webhooks` beside it or in `tests`."""
    if named := str(config.getini(_FOLDER)):
        return config.rootpath / named
    beside = test.parent / "webhooks"
    return beside if beside.is_dir() else config.rootpath / "tests" / "webhooks"


def _secret(line: str) -> tuple[str, str]:
    import os

    scheme, sign, value = line.partition("=")
    if not sign or not value:
        pytest.fail(f"{_SECRETS}: {line!r} is not SCHEME=VALUE", pytrace=False)
    if value.startswith("env:"):
        name = value.removeprefix("env:")
        if name not in os.environ:
            pytest.fail(f"{_SECRETS}: {scheme}: the variable {name} is not set", pytrace=False)
        value = os.environ[name]
    return scheme.strip(), value
