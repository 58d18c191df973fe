"""Requests for these tests: what each provider would send, before it is signed."""

import functools
import hashlib
import json

from msgspec.structs import replace

from hookcli import signatures
from hookcli.signatures import Secret
from hookcli.signatures.keys import keypair
from hookcli.wire.http import Request

NOW = 1_763_908_350_000_000
"""µs since the Unix epoch: 2025-11-23 14:32:30 UTC."""
URL = "https://relay.example/ep_k3f9qz"
SHARED = Secret("test", "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD")
"""Of a form that most schemes with a shared secret take."""
HEX = Secret("test", "44782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48EC2ACF6BA056")
FORM = (b"Content-Type", b"application/x-www-form-urlencoded")
JSON = (b"Content-Type", b"application/json")


def request(
    body: bytes = b'{"id": "evt_1", "type": "invoice.paid"}',
    *headers: tuple[bytes, bytes],
    method: str = "POST",
    url: str = URL,
    target: bytes = b"/hooks",
) -> Request:
    """A POST to an endpoint."""
    return Request(method=method, url=url, target=target, headers=headers, body=body)


def without(of: Request, *names: bytes) -> Request:
    """The request without these fields, named in lower case."""
    kept = tuple(pair for pair in of.headers if pair[0].lower() not in names)
    return replace(of, headers=kept)


def with_body(of: Request, body: bytes) -> Request:
    """The request with another body and nothing else changed."""
    return replace(of, body=body)


ADYEN = {
    "pspReference": "7914073381342284",
    "originalReference": "",
    "merchantAccountCode": "TestMerchant",
    "merchantReference": "TestPayment-1407325143704",
    "amount": {"value": 1130, "currency": "EUR"},
    "eventCode": "AUTHORISATION",
    "success": "true",
    "additionalData": {"hmacSignature": "x" * 43 + "="},
}
SNS = {
    "Type": "Notification",
    "MessageId": "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
    "TopicArn": "arn:aws:sns:us-west-2:123456789012:MyTopic",
    "Subject": "My first message",
    "Message": "Hello\nwörld",
    "Timestamp": "2012-05-02T00:54:06.655Z",
    "SignatureVersion": "2",
    "Signature": "AAAA",
    "SigningCertURL": "https://sns.us-west-2.amazonaws.com/SimpleNotificationService-f3ec.pem",
}
MAILGUN = b'{"signature": {"timestamp": "1529006854", "token": "a8ce0edb2dd8301dee", "signature": "ab"}, "event-data": {"event": "opened", "timestamp": 1529006854.329574, "id": "DACSsAdVSeGpLid7TN03WA"}}'
BODY_HASH = hashlib.sha256(b'{"a": 1}').hexdigest().encode()

EXAMPLES: dict[str, Request] = {
    "adyen": request(
        json.dumps(
            {"live": "false", "notificationItems": [{"NotificationRequestItem": ADYEN}]}
        ).encode(),
        JSON,
    ),
    "asana": request(b'{"events": [{"action": "changed", "resource": {"resource_type": "task"}}]}'),
    "bitbucket": request(b"{}", (b"X-Event-Key", b"repo:push"), (b"X-Request-UUID", b"u-1")),
    "discord": request(b'{"id": "1", "type": 2, "token": "t"}'),
    "dropbox": request(b'{"list_folder": {"accounts": ["dbid:AAH4"]}}'),
    "gitea": request(b'{"action": "opened"}', (b"X-Gitea-Event", b"issues"),
                     (b"X-GitHub-Event", b"issues"), (b"X-Gitea-Delivery", b"d-1")),
    "github": request(b'{"action": "opened"}', (b"X-GitHub-Event", b"pull_request"),
                      (b"X-GitHub-Delivery", b"d-1")),
    "github-sha1": request(b"{}", (b"X-GitHub-Event", b"push")),
    "gitlab": request(b"{}", (b"X-Gitlab-Event", b"Push Hook"), (b"webhook-id", b"i-1"),
                      (b"Idempotency-Key", b"u-1")),
    "hubspot": request(b'[{"eventId": 1, "subscriptionType": "contact.creation"}]',
                       target=b"/a%2Fb?x=1%3A2"),
    "intercom": request(b'{"type": "notification_event", "topic": "user.created", "id": "n_1"}'),
    "jira": request(b'{"webhookEvent": "jira:issue_created"}',
                    (b"X-Atlassian-Webhook-Identifier", b"w-1")),
    "lemonsqueezy": request(b'{"meta": {}}', (b"X-Event-Name", b"order_created")),
    "linear": request(b'{"type": "Issue", "action": "create", "webhookTimestamp": 1676056940508}',
                      (b"Linear-Delivery", b"l-1")),
    "line": request(b'{"events": [{"type": "message", "webhookEventId": "01F"}]}'),
    "mailgun": request(MAILGUN, JSON),
    "mandrill": request(b"mandrill_events=%5B%7B%22event%22%3A%22open%22%2C%22_id%22%3A%22m%22%7D%5D",
                        FORM),
    "meta": request(b'{"object": "page", "entry": [{"changes": [{"field": "feed"}]}]}'),
    "okta": request(b'{"eventId": "e", "eventType": "com.okta.event_hook", "data": {"events": '
                    b'[{"eventType": "user.lifecycle.create"}]}}'),
    "pagerduty": request(b'{"event": {"id": "01B", "event_type": "incident.triggered"}}'),
    "sendgrid": request(b'[{"event": "delivered", "sg_event_id": "s-1"}]\r\n'),
    "sentry": request(b'{"action": "created"}', (b"Sentry-Hook-Resource", b"issue"),
                      (b"Request-ID", b"r-1")),
    "shopify": request(b"{}", (b"X-Shopify-Topic", b"orders/create"),
                       (b"X-Shopify-Webhook-Id", b"w-1")),
    "slack": request(b'{"type": "event_callback", "event": {"type": "message"}, "event_id": "Ev1"}'),
    "sns": request(json.dumps(SNS).encode(), (b"x-amz-sns-message-type", b"Notification"),
                   (b"x-amz-sns-message-id", b"22b8")),
    "square": request(b'{"type": "payment.updated", "event_id": "q-1"}'),
    "standard-webhooks": request(b'{"type": "user.created"}', (b"webhook-id", b"msg_1")),
    "svix": request(b'{"type": "user.created"}', (b"svix-id", b"msg_1")),
    "telegram": request(b'{"update_id": 7,\n"message": {"text": "hi"}}'),
    "trello": request(b'{"action": {"type": "updateCard", "id": "t-1"}}'),
    "twilio": request(b"MessageSid=SM1&MessageStatus=sent&To=%2B15551212&Body=hi+there&Empty=",
                      FORM, (b"I-Twilio-Idempotency-Token", b"k-1")),
    "twitch": request(b"{}", (b"Twitch-Eventsub-Message-Id", b"m-1"),
                      (b"Twitch-Eventsub-Subscription-Type", b"stream.online")),
    "woocommerce": request(b"{}", (b"X-WC-Webhook-Topic", b"order.created")),
    "x": request(b'{"for_user_id": "1", "tweet_create_events": []}'),
    "xero": request(b'{"events": [{"eventCategory": "INVOICE", "eventType": "UPDATE"}]}'),
    "zendesk": request(b'{"type": "zen:event-type:ticket.created"}',
                       (b"X-Zendesk-Webhook-Invocation-Id", b"z-1")),
}  # fmt: skip
"""One request a scheme, unsigned, where the default would not do."""

UNSIGNED = frozenset({"google", "eventgrid", "cloudevents"})
ASKS_PROVIDER = frozenset({"paypal"})
SIGNABLE = tuple(name for name in signatures.names() if name not in UNSIGNED | ASKS_PROVIDER)
"""Every scheme that can be signed here, with a key pair of one's own at least."""
KINDS = {"discord": "ed25519", "sendgrid": "ecdsa", "sns": "rsa"}


def example(name: str) -> Request:
    """An unsigned request of the scheme."""
    return EXAMPLES.get(name, request())


@functools.cache
def keys(kind: str) -> tuple[Secret, Secret]:
    """A private key and its public key; the same for the whole run."""
    private, public = keypair(kind)
    return Secret("test", private), Secret("test", public)


def secret(name: str, *, other: bool = False) -> Secret:
    """A secret that the scheme signs with; another one of the same form if asked for."""
    if name in KINDS:
        return _other_key(KINDS[name]) if other else keys(KINDS[name])[0]
    known = HEX if name.startswith("adyen") else SHARED
    return Secret("other", f"{known.value!s:.20}{'0A' * 6}") if other else known


@functools.cache
def _other_key(kind: str) -> Secret:
    return Secret("other", keypair(kind)[0])


def signed(name: str, of: Request | None = None, *, now: int = NOW) -> Request:
    """A request of the scheme, signed with its secret."""
    return signatures.sign(of or example(name), name, secret(name), now=now)
