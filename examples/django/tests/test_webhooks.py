"""Standard Webhooks, under ASGI as under WSGI."""

from threading import Thread
from wsgiref.simple_server import WSGIRequestHandler, make_server

import crm
import pytest


@pytest.fixture(autouse=True)
def _secret(monkeypatch, webhook_secrets):
    monkeypatch.setenv("WEBHOOK_SECRET", webhook_secrets["standard-webhooks"])
    crm.taken.clear()
    crm._seen.clear()


@pytest.fixture(params=["asgi", "wsgi"])
def app(request):
    return getattr(crm, request.param)


@pytest.mark.webhooks("*.http")
def test_every_event_is_taken(webhook, app):
    assert webhook.send(app).json() == {"repeat": False}
    assert crm.taken == [webhook.type]


@pytest.mark.webhooks("*.http")
def test_what_is_not_signed_now_is_refused(webhook, app):
    for wrong in (webhook.bad_signature(), webhook.stale(), webhook.as_captured()):
        assert wrong.send(app).status == 401


@pytest.mark.webhooks("*.http")
def test_a_repeat_is_taken_once(webhook, app):
    _, again = webhook.send_twice(app)
    assert again.json() == {"repeat": True}
    assert len(crm.taken) == 1


def test_events_are_taken_in_the_order_in_which_they_come(webhooks, app):
    several = webhooks.all("*.http")
    webhooks.send(several, app, order=lambda some: some[::-1])
    assert crm.taken == [webhook.type for webhook in several[::-1]]


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_):
        pass


def test_the_whole_road(webhooks, relay):
    server = make_server("127.0.0.1", 0, crm.wsgi, handler_class=_Quiet)
    Thread(target=server.serve_forever, daemon=True).start()
    relay.forward(server.server_port)
    webhook = webhooks.all("*.http")[0]
    assert webhook.send(relay.url).json() == {"repeat": False}
    assert relay.wait_for("status:200").capture.scheme == "standard-webhooks"
    server.shutdown()
    server.server_close()
