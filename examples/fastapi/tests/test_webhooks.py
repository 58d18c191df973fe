"""Stripe's webhooks, as they were captured and as they may go wrong."""

import random
import socket
from threading import Thread

import pytest
import shop
import uvicorn


@pytest.fixture(autouse=True)
def _secret(monkeypatch, webhook_secrets):
    monkeypatch.setenv("STRIPE_SECRET", webhook_secrets["stripe"])
    shop.paid.clear()
    shop._seen.clear()


@pytest.mark.webhooks("stripe/*.http")
def test_every_event_is_taken(webhook):
    assert webhook.send(shop.app).ok


@pytest.mark.webhooks("stripe/*.http")
@pytest.mark.parametrize("wrong", ["bad_signature", "stale", "as_captured"])
def test_what_stripe_has_not_signed_now_is_refused(webhook, wrong):
    answer = getattr(webhook, wrong)().send(shop.app)
    assert answer.status == 400
    assert shop.paid == {}


def test_what_was_paid_is_noted_once(webhooks):
    webhook = webhooks("stripe/invoice-paid").set("data.object.amount_paid", 990)
    first, again = webhook.send_twice(shop.app)
    assert (first.json(), again.json()) == ({"repeat": False}, {"repeat": True})
    assert list(shop.paid.values()) == [990]


def test_the_order_of_events_does_not_matter(webhooks):
    def shuffled(some):
        return random.Random(7).sample(some, len(some))

    answers = webhooks.send(webhooks.all("stripe/*.http"), shop.app, order=shuffled)
    assert all(answer.ok for answer in answers)
    assert len(shop.paid) == 1


def test_the_whole_road(webhooks, relay):
    """From a public URL to a real server, and its answer back to the sender."""
    server = uvicorn.Server(uvicorn.Config(shop.app, log_level="warning"))
    with socket.create_server(("127.0.0.1", 0)) as listening:  # who connects too early waits in it
        serving = Thread(target=server.run, args=([listening],), daemon=True)
        serving.start()
        relay.forward(listening.getsockname()[1])
        answer = webhooks.sample("stripe/invoice.paid", "/webhooks/stripe").send(relay.url)
        assert answer.json() == {"repeat": False}
        assert relay.wait_for("type:invoice.paid status:200").capture.source == "stripe"
        server.should_exit = True
        serving.join()
