"""Completion: what is offered where, in a real shell, and how quickly."""

import shutil
import subprocess
import time
from pathlib import Path

import pytest

from hookcli.captures.store import Batch, NewCapture
from hookcli.cli.completing import for_bash, split
from hookcli.signatures import samples
from tests.hookcli.cli import made
from tests.hookcli.cli.shelf import Shelf
from tests.hookcli.tui.terminal import run
from tests.support.processes import environment, hookcli


@pytest.fixture
def filled(shelf: Shelf) -> Shelf:
    """Captures of some kinds, one of them with a name."""
    shelf.put(source="stripe", event_type="invoice.paid", status=500)
    id_ = shelf.put(source="github", event_type="push", status=204)
    shelf.put(source="evil", event_type="$(reboot) \x1b[2J")
    shelf.run("tag", id_, "checkout", "refund")
    return shelf


def offered(shelf: Shelf, *words: str) -> dict[str, str]:
    """Word to description."""
    lines = shelf.run("__complete", *words).out.splitlines()
    return {word: text for word, _, text in (line.partition("\t") for line in lines)}


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ([""], {"listen", "replay", "wait", "export", "help"}),
        (["re"], {"replay", "relay"}),
        (["export", ""], {"curl", "har", "pytest"}),
        (["export", "curl", ""], {"@", "01JA8PZQ4M00"}),
        (["ls", "sta"], {"status:"}),
        (["export", "curl", "sta"], {"status:"}),
        (["ls", "status:"], {"status:5xx", "status:err", "status:500", "status:204"}),
        (["ls", "type:inv"], {"type:invoice.paid"}),
        (["ls", "-source:st"], set()),
        (["replay", ":"], {":checkout", ":refund"}),
        (["ls", "tag:c"], {"tag:checkout"}),
        (["-p", "x", "ls", "source:"], {"source:stripe", "source:github"}),
        (["replay", "@", "--or"], {"--order"}),
        (["replay", "@", "--order", ""], {"seq", "reverse", "shuffle"}),
        (["replay", "--times", "3", "is:"], {"is:failed", "is:replay"}),
        (["ls", "--sort", "m"], {"ms", "method"}),
        (["ls", "--fields", "id,ty"], {"id,type"}),
        (["verify", "@", "--scheme", "str"], {"stripe"}),
        (["trigger", "stripe/"], {"stripe/invoice.paid"}),
        (["trigger", ":re"], {":refund"}),
        (["help", "exi"], {"exit-codes"}),
        (["help", "rep"], {"replay"}),
        (["mutate", "@", "--un"], {"--unset"}),
        (["completion", ""], {"bash", "zsh", "fish", "pwsh"}),
        (["config", "get", "ui.t"], {"ui.theme", "ui.time"}),
        (["wait", "type:pu"], {"type:push"}),
        (["diff", "@", "@"], set()),
        (["import", ""], set()),
        (["nonsense", ""], set()),
    ],
)
def test_what_is_offered(filled: Shelf, words: list[str], wanted: set[str]) -> None:
    found = set(offered(filled, *words))
    assert wanted <= found if wanted else not found


def test_captures_say_what_they_are(filled: Shelf) -> None:
    ids = filled.run("__complete", "show", "").out
    assert "github push  204  2025-" in ids
    assert "\x1b" not in ids


def test_what_is_not_there_yet_is_waited_for_by_filter_only(filled: Shelf) -> None:
    found = offered(filled, "wait", "")
    assert "type:" in found
    assert not {"@", "01JA8PZQ4M00"} & set(found)


def test_nothing_hostile_is_put_into_a_command_line(filled: Shelf) -> None:
    assert not any("reboot" in word for word in offered(filled, "ls", "type:"))


def test_profiles_and_endpoints(filled: Shelf, own_home: Path) -> None:
    from hookcli.cli.completing_values import quiet
    from hookcli.config.credentials import KnownEndpoint

    folder = own_home / "config" / "hookcli"
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text('[profile.work]\nforward = "9000"\n')
    one = KnownEndpoint(id="ep_1", name="payments", url="https://h.test/ep_1", token="t")
    quiet({}).credentials.change("https://h.test", lambda relay: relay.with_endpoint(one))
    assert set(offered(filled, "ls", "-p", "")) == {"work"}
    assert offered(filled, "listen", "--endpoint", "") == {"payments": "https://h.test/ep_1"}
    assert set(offered(filled, "endpoint", "show", "")) == {"payments"}


def test_without_a_store_nothing_is_made(shelf: Shelf) -> None:
    assert "status:" in offered(shelf, "ls", "")
    assert not shelf.file.exists()


@pytest.mark.parametrize(
    ("line", "words", "quoted"),
    [
        ("hookcli ", ["hookcli", ""], False),
        ("hookcli ls a", ["hookcli", "ls", "a"], False),
        ("hookcli ls 'a b", ["hookcli", "ls", "a b"], True),
        ('hookcli ls "a', ["hookcli", "ls", "a"], True),
        ("hookcli ls a\\ b ", ["hookcli", "ls", "a b", ""], False),
    ],
)
def test_an_unfinished_line(line: str, words: list[str], quoted: bool) -> None:
    assert split(line) == (words, quoted)


def test_bash_gets_what_it_is_to_insert(filled: Shelf) -> None:
    environ = {"HOOKCLI_STORE": str(filled.file)}
    breaks = " \t\n\"'><=;|&(:"
    assert for_bash(breaks, "hookcli ls type:inv", environ) == ["invoice.paid"]
    assert for_bash("", "hookcli ls type:inv", environ) == ["type:invoice.paid"]
    assert for_bash(breaks, "hookcli ls 'type:inv", environ) == ["type:invoice.paid"]
    assert for_bash(breaks + "@", "hookcli show @", environ) == []


BASH = r"""
eval "$(hookcli completion bash)"
ask() {
  COMP_LINE="$1" COMP_POINT=${#1} COMPREPLY=()
  compopt() { echo "nospace"; }
  _hookcli hookcli
  printf '%s\n' "${COMPREPLY[@]}"
}
ask "$1"
"""


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("hookcli wai", ["wait"]),
        ("hookcli ls type:inv", ["invoice.paid"]),
        ("hookcli ls sourc", ["nospace", "source:"]),
        (
            "hookcli trigger stripe/invoice.p",
            ["stripe/invoice.paid", "stripe/invoice.payment_failed"],
        ),
    ],
)
def test_in_bash_itself(filled: Shelf, tmp_path: Path, line: str, wanted: list[str]) -> None:
    env = environment(tmp_path, {"HOOKCLI_STORE": str(filled.file)})
    env["PATH"] = f"{Path(hookcli()).parent}:{env['PATH']}"
    done = subprocess.run(
        ["bash", "--norc", "-c", BASH, "bash", line],
        env=env,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == wanted
    assert done.stderr == ""
    assert "stripe/invoice.paid" in samples.names()


@pytest.mark.parametrize("shell", [one for one in ("bash", "zsh", "fish") if shutil.which(one)])
def test_the_script_is_one_that_its_shell_reads(tmp_path: Path, shell: str) -> None:
    script = tmp_path / "script"
    env = environment(tmp_path)
    made_ = subprocess.run(
        [hookcli(), "completion", shell], env=env, capture_output=True, check=True
    )
    script.write_bytes(made_.stdout)
    subprocess.run([shell, "-n", str(script)], check=True, capture_output=True)


@pytest.mark.skipif(not shutil.which("fish"), reason="needs fish")
@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("hookcli wai", "wait\tblock until a matching webhook arrives"),
        ("hookcli ls type:inv", "type:invoice.paid"),
        ("hookcli trigger stripe/invoice.pa", "stripe/invoice.paid"),
    ],
)
def test_in_fish_itself(filled: Shelf, tmp_path: Path, line: str, wanted: str) -> None:
    env = environment(tmp_path, {"HOOKCLI_STORE": str(filled.file)})
    env["PATH"] = f"{Path(hookcli()).parent}:{env['PATH']}"
    code = f"hookcli completion fish | source; complete -C '{line}'"
    done = subprocess.run(["fish", "-c", code], env=env, capture_output=True, text=True, check=True)
    assert wanted in {
        found for text in done.stdout.splitlines() for found in (text, text.split("\t")[0])
    }


@pytest.mark.skipif(not shutil.which("zsh"), reason="needs zsh")
@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        pytest.param("hookcli wai", "hookcli wait", marks=pytest.mark.slow),
        ("hookcli ls type:inv", "type:invoice.paid"),
    ],
)
def test_in_zsh_itself(filled: Shelf, tmp_path: Path, typed: str, wanted: str) -> None:
    env = environment(tmp_path, {"HOOKCLI_STORE": str(filled.file), "TERM": "xterm-256color"})
    env["PATH"] = f"{Path(hookcli()).parent}:{env['PATH']}"
    with run("zsh", "-f", "-i", env=env | {"PS1": "ready> "}, size=(100, 30), cwd=tmp_path) as it:
        it.until("ready> ")
        it.press(
            'autoload -Uz compinit; compinit -u -D; eval "$(hookcli completion zsh)"; echo up\r'
        )
        it.until("\nup")
        it.output.clear()
        it.press(f"{typed}\t")
        it.until(wanted)
        it.press("\x03exit\r")


@pytest.mark.slow
def test_ids_are_there_at_once_among_many(shelf: Shelf, tmp_path: Path) -> None:
    captures = tuple(
        NewCapture(capture=made.capture(f"01JA{number:022d}", seq=number), body=b"{}")
        for number in range(20_000)
    )
    shelf.commit(Batch(captures=captures))
    env = environment(tmp_path, {"HOOKCLI_STORE": str(shelf.file)})

    def seconds(*argv: str) -> float:
        began = time.perf_counter()
        done = subprocess.run(argv, env=env, capture_output=True, text=True, check=True)
        assert done.returncode == 0
        return time.perf_counter() - began

    bare = min(seconds(shutil.which("python3") or "python3", "-c", "pass") for _ in range(3))
    best = min(seconds(hookcli(), "__complete", "show", "") for _ in range(5))
    assert best - bare < 0.45  # three times the budget: CI machines are busy
