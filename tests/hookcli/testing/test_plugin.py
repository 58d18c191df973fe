"""The plugin as a project uses it: pytest processes over folders of their own."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from hookcli.workbench.message import write
from tests.hookcli.testing.shop import SECRET
from tests.hookcli.testing.test_webhook import CAPTURED
from tests.support.processes import environment, hookcli

ROOT = Path(__file__).resolve().parents[3]

APP = """
from tests.hookcli.testing.shop import Shop
shop = Shop()
app = shop.asgi
"""
TESTS = """
import pytest
from app import app

@pytest.mark.webhooks("stripe/*.http")
def test_each_is_taken(webhook):
    assert webhook.send(app).ok

@pytest.mark.webhooks("stripe/paid.http", "other/*.http")
def test_wrong_ones_are_refused(webhook):
    assert webhook.bad_signature().send(app).status == 400

def test_one_by_name(webhooks):
    assert webhooks("stripe/paid").id == "evt_1"

def test_over_a_relay(webhooks, relay):
    webhooks("stripe/paid").send(relay.url)
    assert relay.wait_for("type:invoice.paid").body == webhooks("stripe/paid").body
"""
INI = f"""
[pytest]
addopts = -p no:cacheprovider
filterwarnings = error
asyncio_default_fixture_loop_scope = function
webhook_secrets = stripe={SECRET}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "tests" / "webhooks" / "stripe"
    folder.mkdir(parents=True)
    for name in ("paid", "again"):
        (folder / f"{name}.http").write_bytes(write(CAPTURED))
    (tmp_path / "pytest.ini").write_text(INI)
    (tmp_path / "tests" / "app.py").write_text(APP)
    return tmp_path


def run(project: Path, tests: str, *arguments: str, **env: str) -> tuple[int, str]:
    (project / "tests" / "test_webhooks.py").write_text(tests)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-v", *arguments], cwd=project, text=True,
        capture_output=True, timeout=120,
        env=environment(project / "home", {"PYTHONPATH": str(ROOT), **env}),
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


ALONE = ("-p", "no:asyncio", "-p", "no:aiohttp", "-W", "ignore::pytest.PytestConfigWarning")


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        pytest.param(("-n", "2"), marks=pytest.mark.slow),
        pytest.param(ALONE, marks=pytest.mark.slow),
    ],
)
def test_a_project_tests_with_what_it_has_saved(project: Path, arguments: tuple[str, ...]) -> None:
    code, said = run(project, TESTS, *arguments)
    assert code == 0, said
    for name in ("test_each_is_taken[stripe/again]", "test_each_is_taken[stripe/paid]"):
        assert name in said
    assert "5 passed" in said


WRONG = {
    "unsigned": (
        "import pytest\n@pytest.mark.webhooks\ndef test_x(webhook):\n    webhook.stale(0)\n"
        "    webhook.signed(scheme='github')\n",
        "try: [tool.pytest.ini_options] webhook_secrets",
    ),
    "late": (
        "def test_x(relay, webhooks):\n    webhooks('stripe/paid').send(relay.url)\n"
        "    relay.wait_for('is:replay', timeout=0.1)\n",
        "E       POST /webhooks/stripe?a=%20&b · stripe invoice.paid · not sent\n",
    ),
    "no_file": (
        "import pytest\n@pytest.mark.webhooks('github/*.http')\ndef test_x(webhook): pass\n",
        "no file fits github/*.http",
    ),
    "unmarked": ("def test_x(webhook): pass\n", "asks for `webhook` and is not marked"),
    "no_name": ("def test_x(webhooks): webhooks('none')\n", "there is no webhook"),
}
"""A test that is wrong, and what must be said about it."""


@pytest.mark.slow
def test_what_is_wrong_is_said_with_a_way_out(project: Path) -> None:
    for name, (tests, _) in WRONG.items():
        (project / "tests" / f"test_{name}.py").write_text(tests.replace("test_x", f"test_{name}"))
    code, said = run(project, "", "--continue-on-collection-errors")
    assert code != 0
    told = re.split(r"^_+ (?:ERROR .*)?test_(\w+).* _+$", said, flags=re.MULTILINE)[1:]
    sections = dict(zip(told[::2], told[1::2], strict=True))
    assert sections.keys() == WRONG.keys()
    for name, (_, wrong) in WRONG.items():
        assert wrong in sections[name]
    assert "/src/hookcli/testing/" not in said  # what the test called is shown, not what that did


@pytest.mark.slow
def test_a_secret_may_stand_in_a_variable(project: Path) -> None:
    ini = project / "pytest.ini"
    ini.write_text(INI.replace(f"stripe={SECRET}", "stripe=env:TEST_SECRET"))
    code, said = run(project, TESTS, "-k", "taken", TEST_SECRET=SECRET)
    assert code == 0, said
    code, said = run(project, TESTS, "-k", "taken")
    assert code != 0
    assert "the variable TEST_SECRET is not set" in said


@pytest.mark.slow
def test_it_costs_nothing_until_it_is_used(project: Path) -> None:
    tests = "import sys\ndef test_x():\n    names = [n for n in sys.modules if n.startswith('hookcli')]\n"
    tests += (
        "    assert sorted(names) == ['hookcli', 'hookcli.testing', 'hookcli.testing.plugin']\n"
    )
    code, said = run(project, tests, "-p", "no:xdist")
    assert code == 0, said


def test_an_export_is_such_a_test(project: Path) -> None:
    env = environment(project / "home")

    def cli(*words: str) -> str:
        line = [hookcli(), *words]
        done = subprocess.run(
            line, cwd=project, env=env, check=True, timeout=60, capture_output=True, text=True
        )
        return done.stderr

    cli("import", "tests/webhooks/stripe/paid.http")
    cli("export", "pytest", "@", "-O", "shop/test_exported.py")
    (saved,) = (project / "shop" / "webhooks").glob("stripe/invoice-paid-*.http")
    assert saved.read_bytes().endswith(CAPTURED.body + b"\n")
    text = (project / "shop" / "test_exported.py").read_text()
    (project / "shop" / "test_exported.py").write_text(
        text.replace("APP = os", "from app import app as APP  # os")
    )
    again = [hookcli(), "export", "pytest", "@", "-O", "shop/test_exported.py"]
    refused = subprocess.run(
        again, cwd=project, env=env, capture_output=True, text=True, timeout=60
    )
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "shop/test_exported.py is there, and is another" in refused.stderr
    assert "wrote 1 capture to 2 files in each" in cli("export", "pytest", "@", "-O", "each/")
    assert [one.name[:25] for one in (project / "each").glob("test_*.py")] == [
        "test_stripe_invoice_paid_"
    ]
    code, said = run(project, TESTS, "shop", "-q", PYTHONPATH=f"{ROOT}:{project / 'tests'}")
    assert code == 0, said
    assert "1 passed" in said
