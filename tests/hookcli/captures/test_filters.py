"""What filters mean: every example of the help page, every field, every synonym."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from hookcli.captures.filters import FIELDS, VALUES, parse, quoted
from hookcli.captures.filters.page import PAGE
from tests.hookcli.captures.filtering import CASES, World
from tests.hookcli.captures.made import NOW, identity

ALL = {one.name for one in CASES}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World(tmp_path_factory.mktemp("filters") / "captures.db")
    yield made
    made.store.close()


EXAMPLES = {
    "status:5xx source:stripe": {"failed"},
    "type:invoice.*  -is:replay": {"paid", "failed", "mutation", "dup"},
    "ms>500  size>=10kB  since:1h  attempts>1": set(),
    "body.data.object.amount>1000": {"paid", "dup"},
    "query.page=2": {"paid"},
    "header.stripe-signature:t=17*": {"paid"},
    'resp.body:~"Integrity"': {"failed"},
    "sig:bad or (status:4xx path:/webhooks)": {"slack"},
    "refund": {"paid", "slack", "replayed", "dup"},
    '"payment failed"': {"failed"},
}


def test_every_example_of_the_help_page_is_tested_here() -> None:
    block = PAGE.split("\n\n")[1]
    assert [line[:44].strip() for line in block.splitlines()] == list(EXAMPLES)


@pytest.mark.parametrize(("text", "names"), EXAMPLES.items())
def test_examples_match_what_the_page_says(world: World, text: str, names: set[str]) -> None:
    assert world.names(text) == names


def test_every_field_of_the_help_page_is_one_and_the_other_way_round() -> None:
    block = PAGE[PAGE.index("Fields ") :].split("            status, ms")[0]
    shown = {name.rstrip("*") for name in block.split()[1:]}
    assert shown == set(FIELDS)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        # status
        ("status:200", {"paid", "dup", "mail"}),
        ("status=204", {"replayed"}),
        ("status:20x", {"paid", "dup", "mail", "replayed"}),
        ("Status:5XX", {"failed"}),
        ("status>=400", {"failed", "slack"}),
        ("status:>=400", {"failed", "slack"}),
        ("status<300", {"paid", "dup", "mail", "replayed"}),
        ("status!=200", ALL - {"paid", "dup", "mail"}),
        ("status:err", {"refused", "timeout"}),
        ("status:wait", {"refused", "fresh"}),
        ("status:timeout", {"timeout"}),
        ("resp.status:401", {"slack"}),
        # texts: contains, glob, exactly, regex
        ("type:invoice", {"paid", "failed", "replayed", "mutation", "dup"}),
        ("type:invoice.*", {"paid", "failed", "replayed", "mutation", "dup"}),
        ("type:*.paid", {"paid", "replayed", "mutation", "dup"}),
        ("type:i*.*_failed", {"failed"}),
        ("type:pus?", {"refused"}),
        ('type:"pus?"', set()),
        (r"type:pus\?", set()),
        ("type=push", {"refused"}),
        ("type=Push", set()),
        ("type:Push", set()),
        ("type:PUSH", set()),
        ('type=""', {"timeout"}),
        ("type:*", ALL),
        ("type!=push", ALL - {"refused"}),
        ("type:~^(push|inbound)$", {"refused", "mail"}),
        (r'type:~"^p\w+ "', {"fresh"}),
        ("source:GIT", set()),
        ("source:git", {"refused", "fresh"}),
        ("method:put", {"skipped"}),
        ("endpoint:ep_o", {"timeout"}),
        ("scheme:slack", {"slack"}),
        ("peer:203.0.113.9", ALL),
        ("note:demo", {"paid"}),
        ("note:Demo", {"paid"}),
        ("note:DEMO", set()),
        ("note:müller", {"mail"}),
        ("note:søn", {"mail"}),
        ("note:Müller", {"mail"}),
        ("note:*&*ø?", {"mail"}),
        ("target:9000", {"replayed"}),
        ("error:refused", {"refused"}),
        ("error:*", {"paid", "failed", "refused", "slack", "timeout", "replayed", "dup", "mail"}),
        ("tag:refund", {"replayed"}),
        ("tag:checkout-*", {"replayed"}),
        ("tag=checkout", set()),
        ("-tag:*", ALL - {"replayed"}),
        ("id:0011", {"mail"}),
        (f"id={identity(10)}", {"dup"}),
        (f"id={identity(10).lower()}", {"dup"}),
        (f"id={identity(10)[:-1]}", set()),
        ("id:01ja*10", {"dup"}),
        # paths, with and without the query
        ("path:/webhooks/stripe", {"paid", "failed", "replayed"}),
        ("path:/Webhooks", {"replayed"}),
        ("path=/webhooks/stripe", {"paid", "failed"}),
        ("path:*/stripe", {"paid", "failed", "replayed"}),
        ("path:page=2", {"paid"}),
        ('path="/webhooks/stripe?page=2&filter[kind]=new"', {"paid"}),
        ("path:/webhooks/stripe?page=*", {"paid"}),
        ("path=/über/straße", {"mail"}),
        ("path:/ü*e", {"mail"}),
        ("path:*Straße", set()),
        ("path:*traße", {"mail"}),
        ("path:*/straße?x=1", {"mail"}),
        ("path=/", {"skipped", "timeout"}),
        ("path:/web*", {"paid", "failed", "refused", "fresh", "slack", "replayed", "mutation", "dup"}),
        ("path:straße", {"mail"}),
        ("path:STRASSE", set()),
        ("path:~/über/", {"mail"}),
        ("path:~stripe$", {"paid", "failed", "replayed"}),
        # numbers
        ("ms>=840", {"failed", "timeout"}),
        ("ms>1s", {"timeout"}),
        ("ms:32", {"paid", "refused", "dup", "mail"}),
        ("ms<5ms", {"slack"}),
        ("ms!=4", ALL - {"slack"}),
        ("size:0", {"timeout"}),
        ("size<0.03kB", {"refused", "slack", "timeout", "replayed", "mutation", "skipped"}),
        ("size>1GiB", set()),
        ("attempts:2", {"replayed"}),
        ("attempts=0", {"fresh", "skipped", "mutation"}),
        ("seq>=10", {"dup", "mail"}),
        ("seq:3", {"refused"}),
        # times
        ("since:1h", ALL - {"failed", "mutation"}),
        ("until:1h", {"failed", "mutation"}),
        ("since:2h until:10m", {"paid", "failed"}),
        ("since:1h20m", ALL - {"failed", "mutation"}),
        ("until:2025-11-23T14:22:31Z", {"paid", "failed", "mutation"}),
        ('since:"2025-11-23 14:32:31.000007+00:00"', {"timeout", "replayed", "dup", "mail"}),
        ("since:2025-11-01 until:2026-01-01", ALL),
        ("since:2026-01-01", set()),
        # signatures, what the sender was told
        ("sig:bad", {"slack"}),
        ("sig:OK", {"paid"}),
        ("sig=stale or sig:unknown or sig:new", {"failed", "refused", "mutation"}),
        ("reply:202", {"failed", "refused"}),
        ("reply:4xx", {"slack"}),
        ("reply:app", {"paid", "slack"}),
        ("reply:gone", {"timeout"}),
        ("reply<300", {"paid", "failed", "refused"}),
        ("-reply:none", {"paid", "failed", "refused", "slack", "timeout"}),
        # states
        ("is:failed", {"failed", "slack", "timeout"}),
        ("is:replay", {"replayed"}),
        ("is:mutation", {"mutation"}),
        ("is:dup", {"dup"}),
        ("is:marked", {"replayed"}),
        ("is:late", {"failed"}),
        ("is:skipped", {"skipped", "mutation"}),
        ("is:pending", {"refused", "fresh"}),
        ("is:new", {"fresh"}),
        # headers
        ("header.Host:hooks", {"paid", "refused", "failed", "skipped", "timeout", "replayed", "mutation", "dup"}),
        ("header.host=hooks.example.com", {"paid", "refused", "failed", "skipped", "timeout", "replayed", "mutation", "dup"}),
        ("header.x-a:*", {"refused", "failed", "skipped", "timeout", "replayed", "mutation", "dup"}),
        ("header.x-a<2", {"refused", "failed", "skipped", "timeout", "replayed", "mutation", "dup"}),
        ("header.x-a:ÿ", {"refused", "failed", "skipped", "timeout", "replayed", "mutation", "dup"}),
        ("header.nowhere:x", set()),
        ('header:"stripe-signature: t="', {"paid"}),
        ("header:multipart*xyz", {"mail"}),
        ("resp.header.content-type:html", {"failed"}),
        ("resp.header:x-trace", {"failed"}),
        # words
        ("github", {"refused", "fresh"}),
        ("checkout", {"replayed"}),
        ("PUT", {"skipped"}),
        ("demo account", {"paid"}),
        ('"demo account"', {"paid"}),
        ('"account demo"', set()),
        ("waters", {"paid", "dup"}),
        ("refs/heads/main", {"refused"}),
        ("14:32", set()),
        ("https://nowhere.example/x", set()),
        ("søn", {"mail"}),
        ("", ALL),
        ("  ", ALL),
        # together
        ("github -is:new", {"refused"}),
        ("github !is:new", {"refused"}),
        ("github and not is:new", {"refused"}),
        ("github NOT is:new", {"refused"}),
        ("not(github)", ALL - {"refused", "fresh"}),
        ("--github", {"refused", "fresh"}),
        ("github & ! is:new", {"refused"}),
        ("sig:bad | sig:ok", {"paid", "slack"}),
        ("sig:bad OR sig:ok source:stripe", {"paid", "slack"}),
        ("(sig:bad or sig:ok)source:stripe", {"paid"}),
        ("(sig:bad)|(sig:ok)", {"paid", "slack"}),
        ('"or"', {"skipped", "mail"}),
    ],
)  # fmt: skip
def test_what_passes(world: World, text: str, names: set[str]) -> None:
    assert world.names(text) == names


@pytest.mark.parametrize(
    ("synonym", "meaning"),
    [
        ("~u /webhooks/stripe", "path:/webhooks/stripe"),
        ("~u page=2", "path:page=2"),
        ("~u ^/webhooks/(github|slack)$", "path=/webhooks/github or path=/webhooks/slack"),
        ("~m put", "method:put"),
        ("~c 500", "status:500"),
        ("~c 5xx", "status:5xx"),
        ("~h text/html", "header:text/html or resp.header:text/html"),
        ("~hq stripe-signature", "header:stripe-signature"),
        ("~hs text/html", "resp.header:text/html"),
        ("~b integrity", "body:integrity or resp.body:integrity"),
        ("~bq evt_1", "body:evt_1"),
        ("~bs invalid.signature", 'resp.body:"invalid signature"'),
        ('~bs "invalid signature"', 'resp.body:"invalid signature"'),
        ("~t html", "header.content-type:html or resp.header.content-type:html"),
        ("~e", "status:err"),
        ("~marked", "is:marked"),
        ("~comment demo", "note:demo"),
        ("~replay", "is:replay"),
        ("~bq evt & !~c 200", "body:evt -status:200"),
        ("~e | (~m PUT)", "status:err or method:PUT"),
        ("!(~replay)~bq evt", "not is:replay body:evt"),
    ],
)
def test_operators_of_mitmproxy_mean_their_fields(world: World, synonym: str, meaning: str) -> None:
    found = world.names(synonym)
    assert found == world.names(meaning)
    assert found


def test_days_are_those_of_this_machine_and_until_a_day_is_to_its_end(world: World) -> None:
    day = datetime.fromtimestamp(NOW / 1e6).astimezone().replace(hour=0, minute=0, second=0, microsecond=0)  # fmt: skip
    early = {one.name for one in CASES if one.capture.received_at < day.timestamp() * 1e6}
    assert world.names("since:today") == ALL - early
    assert world.names(f"since:{day:%Y-%m-%d}") == ALL - early
    assert world.names("until:yesterday") == early
    assert world.names(f"until:{day - timedelta(days=1):%Y-%m-%d}") == early
    assert world.names("until:today") == ALL
    assert world.names("since:yesterday") == ALL


def test_values_that_complete_are_values_that_parse() -> None:
    for field, values in VALUES.items():
        for value in values:
            assert parse(f"{field}:{value}", now=NOW).text == f"{field}:{value}"


@pytest.mark.parametrize("text", ["", "a", "a b", 'say "hi"', "a\\b", "(x", "a*b?", "~x", "a:b=c"])
def test_a_quoted_value_means_exactly_its_text(text: str) -> None:
    where, values = parse(f"type={quoted(text)}", now=NOW).where()
    assert (where, values) == ("c.event_type = ?", (text,))


def test_metadata_is_asked_of_columns_alone_and_bodies_come_last() -> None:
    wanted = parse("body:a resp.body:b refund status:5xx path:/x type:a.* id=A is:failed", now=NOW)
    where, _ = wanted.where()
    assert set(re.findall(r"hk_\w+\(\w+\.\w+", where)) == {"hk_text(b.body", "hk_text(a.body"}
    assert where.index("FROM attempts") > where.index("FROM bodies") > where.index("c.last_status")
