"""GitHub's webhooks: taken, refused, repeated."""

from threading import Thread

import builds
import pytest
from werkzeug.serving import make_server


@pytest.fixture(autouse=True)
def _secret(monkeypatch, webhook_secrets):
    monkeypatch.setenv("GITHUB_SECRET", webhook_secrets["github"])
    builds.builds.clear()
    builds._seen.clear()


@pytest.mark.webhooks("github/*.http")
def test_every_event_is_taken(webhook):
    assert webhook.send(builds.app).status == 202


@pytest.mark.webhooks("github/*.http")
def test_what_is_not_githubs_is_refused(webhook):
    assert webhook.bad_signature().send(builds.app).status == 401
    assert webhook.as_captured().send(builds.app).status == 401
    assert webhook.header("X-Hub-Signature-256", None).as_captured().send(builds.app).status == 401
    assert builds.builds == []


def test_a_push_starts_one_build_however_often_it_comes(webhooks):
    push = webhooks("github/push").set("after", "c0ffee")
    first, again = push.send_twice(builds.app)
    assert (first.status, again.json()) == (202, {"repeat": True})
    assert builds.builds == ["c0ffee"]


def test_the_order_of_deliveries_does_not_matter(webhooks):
    def backwards(some):
        return some[::-1]

    several = webhooks.all("github/*.http")
    answers = webhooks.send(several, builds.app, order=backwards)
    assert [answer.status for answer in answers] == [202] * len(several)
    assert len(builds.builds) == 1


def test_the_whole_road(webhooks, relay):
    server = make_server("127.0.0.1", 0, builds.app)
    Thread(target=server.serve_forever, daemon=True).start()
    relay.forward(server.port)
    answer = webhooks("github/push").send(relay.url)
    assert answer.status == 202
    assert relay.wait_for("type:push status:202").capture.scheme == "github"
    server.shutdown()
    server.server_close()
