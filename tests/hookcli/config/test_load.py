"""Each value wins where it should, and says where it came from; faults name the file and the key."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from hookcli.config import trust
from hookcli.config.load import Settings, load
from hookcli.config.paths import Paths, project_file
from hookcli.config.tables import read_route
from hookcli.errors import ConfigError, UsageError


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    made = Paths(config=tmp_path / "config", data=tmp_path / "data")
    made.config.mkdir()
    (tmp_path / "project").mkdir()
    return made


def loaded(
    paths: Paths,
    user: str = "",
    project: str | None = None,
    environ: Mapping[str, str] | None = None,
    profile: str | None = None,
    flags: Mapping[str, object] | None = None,
    known: tuple[str, ...] = (),
) -> Settings:
    paths.user_file.write_text(user)
    file = paths.config.parent / "project" / "hookcli.toml"
    if project is not None:
        file.write_text(project)
    return load(
        paths=paths,
        environ=environ or {},
        project=file if project is not None else None,
        profile=profile,
        flags=flags,
        known_relays=known,
    )


def test_nothing_configured_is_built_in(paths: Paths) -> None:
    settings = load(paths=paths, environ={})
    assert settings.number("concurrency") == 32
    assert settings.origin("concurrency") == "built-in"
    assert settings.text("relay") is None
    assert settings.files == ()


def test_the_later_place_wins_and_is_named(paths: Paths) -> None:
    project = paths.config.parent / "project" / "hookcli.toml"
    layers: list[tuple[dict[str, object], str, str]] = [
        ({}, "http://localhost:1", str(paths.user_file)),
        ({"project": "forward = 2"}, "http://localhost:2", str(project)),
        ({"environ": {"HOOKCLI_FORWARD": "3"}}, "http://localhost:3", "HOOKCLI_FORWARD"),
        ({"flags": {"forward": "4"}}, "http://localhost:4", "--forward"),
    ]
    given: dict[str, object] = {}
    for more, value, origin in layers:
        given |= more
        settings = loaded(paths, user="forward = 1", **given)  # type: ignore[arg-type]
        assert (settings.text("forward"), settings.origin("forward")) == (value, origin)


def test_a_profile_goes_over_its_file_and_names_itself(paths: Paths) -> None:
    text = 'endpoint = "a"\n[profile.work]\nendpoint = "b"\nrelay = "https://hooks.test"\n'
    assert loaded(paths, text).text("endpoint") == "a"
    settings = loaded(paths, text, profile="work")
    assert settings.text("endpoint") == "b"
    assert settings.origin("endpoint").endswith("[profile.work]")
    assert loaded(paths, text, environ={"HOOKCLI_PROFILE": "work"}).text("endpoint") == "b"


def test_an_unknown_profile_names_those_there_are(paths: Paths) -> None:
    with pytest.raises(UsageError) as caught:
        loaded(paths, "[profile.work]\n[profile.home]\n", profile="wrok")
    assert "home, work" in caught.value.why[0]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("forwrd = 1", ("unknown key forwrd", "forward")),
        ("[profile.x]\nrelai = 1", ("profile.x.relai", "relay")),
        ("timeout = 'soon'", ("timeout", "a time is wanted", "'soon'")),
        ("concurrency = 0", ("concurrency", "1 or more")),
        ("insecure = 'perhaps'", ("insecure", "true or false")),
        ("respond = 'never'", ("respond", "app or ack")),
        ("token = 'hk_the-value-itself'", ("token", "env:NAME or file:PATH")),
        ("secrets = 3", ("secrets is a table",)),
        ("[secrets]\nstripe = 'whsec_x'", ("secrets.stripe", "env:NAME")),
        ("ui = 3", ("ui is a table",)),
        ("[ui]\nthem = 'nord'", ("unknown key ui.them", "ui.theme")),
        ("[ui]\ntime = 'swatch'", ("ui.time", "local or utc or relative")),
        ("[keys]\nreplay = 3", ("keys.replay", "text is wanted")),
        ("views = 'status:5xx'", ("views is a table",)),
        ("[profile.x.ui]\ntheme = 'nord'", ("profile.x.ui",)),
        ("profile = 1", ("profile is a table",)),
        ("[[profile]]\n", ("profile is a table",)),
        ("a = = b", ("is not valid TOML",)),
    ],
)
def test_a_fault_names_the_file_the_key_and_what_is_wanted(
    paths: Paths, text: str, words: tuple[str, ...]
) -> None:
    with pytest.raises(ConfigError) as caught:
        loaded(paths, text)
    told = " ".join([caught.value.message, *caught.value.why, caught.value.hint or ""])
    assert str(paths.user_file) in told
    for word in words:
        assert word in told


def test_a_faulty_variable_and_a_faulty_flag_name_themselves(paths: Paths) -> None:
    with pytest.raises(ConfigError, match="HOOKCLI_RELAY"):
        loaded(paths, environ={"HOOKCLI_RELAY": "ftp://x"})
    with pytest.raises(UsageError, match="--timeout"):
        loaded(paths, flags={"timeout": "soon"})
    with pytest.raises(ConfigError, match="HOOKCLI_CONFIG"):
        loaded(paths, environ={"HOOKCLI_CONFIG": "/nowhere/config.toml"})


UNTRUSTED = """
forward = "https://evil.test"
relay = "https://evil.test"
token = "env:AWS_SECRET"
insecure = true
store = "../../elsewhere.sqlite"
concurrency = 3
[secrets]
stripe = "env:STRIPE"
slack = "file:/etc/passwd"
github = "file:./secret.txt"
[profile.x]
relay = "https://evil.test"
"""


def test_a_project_is_not_trusted_with_everything(paths: Paths) -> None:
    settings = loaded(paths, 'forward = "8000"', UNTRUSTED)
    ignored = {one.key for one in settings.ignored}
    assert ignored == {
        "forward", "relay", "token", "insecure", "store", "secrets.slack", "profile",
    }  # fmt: skip
    assert settings.text("forward") == "http://localhost:8000"
    assert settings.text("relay") is None
    assert settings.number("concurrency") == 3
    assert set(settings.secrets) == {"stripe", "github"}


SCREEN = """
[ui]
theme = "nord"
time = "utc"
editor = "sh -c evil"
pager = "sh -c evil"
viewer = "sh -c evil"
clipboard = "sh -c evil"
[keys]
replay = "f9"
[views]
"stripe invoices" = "source:stripe type:invoice.*"
"""


def test_the_screens_settings_are_read(paths: Paths) -> None:
    settings = loaded(paths, SCREEN, environ={"HOOKCLI_PAGER": "less -R"})
    assert settings.text("ui.theme") == "nord"
    assert settings.text("ui.editor") == "sh -c evil"
    assert settings.flag("ui.mouse")
    assert (settings.text("ui.pager"), settings.origin("ui.pager")) == ("less -R", "HOOKCLI_PAGER")
    assert settings.keys == {"replay": "f9"}
    assert settings.views == {"stripe invoices": "source:stripe type:invoice.*"}


def test_keys_and_views_of_a_project_go_over_those_of_the_user(paths: Paths) -> None:
    settings = loaded(paths, '[keys]\nreplay = "f9"\nedit = "f2"', '[keys]\nreplay = "f8"')
    assert settings.keys == {"replay": "f8", "edit": "f2"}


def test_a_project_names_no_program_of_the_screen(paths: Paths) -> None:
    settings = loaded(paths, "", SCREEN)
    ignored = {one.key for one in settings.ignored}
    assert ignored == {"ui.editor", "ui.pager", "ui.viewer", "ui.clipboard"}
    assert settings.text("ui.theme") == "nord"
    assert settings.text("ui.clipboard") == "auto"
    assert loaded(paths, "", '[ui]\nclipboard = "tmux"').text("ui.clipboard") == "tmux"


def test_a_project_may_name_a_relay_that_its_user_knows(paths: Paths) -> None:
    settings = loaded(paths, "", 'relay = "https://hooks.test"', known=("https://hooks.test",))
    assert settings.text("relay") == "https://hooks.test"


def test_trust_lasts_until_the_file_changes(paths: Paths) -> None:
    file = paths.config.parent / "project" / "hookcli.toml"
    file.write_text(UNTRUSTED)
    trust.grant(file, paths.trusted)
    assert {one.key for one in loaded(paths, "", UNTRUSTED).ignored} == {"profile"}
    assert "forward" in {one.key for one in loaded(paths, "", UNTRUSTED + "\n").ignored}


def test_the_project_file_is_searched_up_to_the_repository(tmp_path: Path) -> None:
    inner = tmp_path / "home" / "repo" / "src" / "deep"
    inner.mkdir(parents=True)
    outside = tmp_path / "home" / "hookcli.toml"
    outside.touch()
    assert project_file(inner, tmp_path) == outside
    (tmp_path / "home" / "repo" / ".git").mkdir()
    assert project_file(inner, tmp_path) is None
    own = tmp_path / "home" / "repo" / "hookcli.toml"
    own.touch()
    assert project_file(inner, tmp_path) == own


def test_secrets_of_the_environment_are_references_too(paths: Paths) -> None:
    settings = loaded(paths, environ={"HOOKCLI_SECRET_STANDARD_WEBHOOKS": "whsec_canary"})
    assert settings.secrets == {"standard-webhooks": ("env:HOOKCLI_SECRET_STANDARD_WEBHOOKS",)}
    assert "canary" not in repr(settings)


ROUTES = """
[[route]]
filter = "source:stripe"
to = "8000/hooks"

[[route]]
filter = "-source:stripe path:/x"
to = "https://api.acme.test"
"""


def test_routes_are_read_in_order_the_projects_first(paths: Paths) -> None:
    settings = loaded(paths, user=ROUTES, project='[[route]]\nfilter = "type:a"\nto = "9000"\n')
    assert [(one.filter, one.to) for one in settings.routes] == [
        ("type:a", ("http://localhost:9000",)),
        ("source:stripe", ("http://localhost:8000/hooks",)),
        ("-source:stripe path:/x", ("https://api.acme.test",)),
    ]
    assert settings.routes[0].origin.endswith("hookcli.toml")


def test_a_clone_routes_nothing_to_strangers(paths: Paths) -> None:
    settings = loaded(paths, project=ROUTES)
    assert [one.to for one in settings.routes] == [("http://localhost:8000/hooks",)]
    (ignored,) = settings.ignored
    assert (ignored.key, ignored.why) == ("route.to", "https://api.acme.test is not this machine")


def test_schemes_of_the_users_own_are_handed_on_as_they_stand(paths: Paths) -> None:
    settings = loaded(paths, user='[scheme.billing]\nheader = "X-Sig"\n')
    assert settings.schemes == {"billing": {"header": "X-Sig"}}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('route = "8000"', "route is a list of tables"),
        ('[route]\nfilter = "a"', "route is a list of tables"),
        ('[[route]]\nfilter = "a"', "route 1 has no to"),
        ('[[route]]\nto = "1"', "route 1 has no filter"),
        ('[[route]]\nfilter = "a"\nto = "x y"', "route 1: a port, host:port"),
        ('[[route]]\nfilter = "a"\nto = []', "route 1: a target is wanted"),
        ('[[route]]\nfilter = "a"\nto = "1"\nfrom = 2', "unknown key from"),
        ("scheme = 1", "scheme is a table"),
        ("[scheme]\nx = 1", "scheme.x is a table"),
    ],
)
def test_a_wrong_table_is_named(paths: Paths, text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        loaded(paths, user=text)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("source:stripe => 8000", ("source:stripe", ("http://localhost:8000",))),
        ("ms>5 =>https://a.test/x/", ("ms>5", ("https://a.test/x",))),
        ("body.x:=> => :9", ("body.x:=>", ("http://localhost:9",))),
        ("type:a => 1, :2", ("type:a", ("http://localhost:1", "http://localhost:2"))),
    ],
)
def test_a_route_as_typed(text: str, wanted: tuple[str, tuple[str, ...]]) -> None:
    route = read_route(text)
    assert (route.filter, route.to, route.origin) == (*wanted, "--route")


@pytest.mark.parametrize("text", ["", "8000", "=> 8000", "a =>", "a => b c"])
def test_what_is_no_route(text: str) -> None:
    with pytest.raises(ValueError, match="wanted"):
        read_route(text)
