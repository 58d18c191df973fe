"""Which field marks which scheme, and where it is written down. Nothing is loaded before it is met.

A field that only one provider sends names its scheme at once. A field that several send
(`X-Hub-Signature`) names candidates, and each is asked whether it recognises the request; so is
each candidate of a body that carries the signature itself.
"""

from functools import cache
from importlib import import_module

from hookcli.signatures.base import Scheme
from hookcli.wire.http import Request

MODULES: dict[str, str] = {
    "adyen": "adyen",
    "adyen-platform": "adyen",
    "asana": "asana",
    "bitbucket": "bitbucket",
    "calcom": "calcom",
    "calendly": "calendly",
    "circleci": "circleci",
    "cloudevents": "unsigned",
    "discord": "discord",
    "docusign": "docusign",
    "dropbox": "dropbox",
    "eventgrid": "unsigned",
    "gitea": "gitea",
    "github": "github",
    "github-sha1": "github",
    "gitlab": "gitlab",
    "google": "unsigned",
    "hubspot": "hubspot",
    "intercom": "intercom",
    "jira": "jira",
    "lemonsqueezy": "lemonsqueezy",
    "line": "line",
    "linear": "linear",
    "mailgun": "mailgun",
    "mandrill": "mandrill",
    "meta": "meta",
    "mux": "mux",
    "notion": "notion",
    "okta": "okta",
    "paddle": "paddle",
    "pagerduty": "pagerduty",
    "paypal": "paypal",
    "paystack": "paystack",
    "razorpay": "razorpay",
    "sendgrid": "sendgrid",
    "sentry": "sentry",
    "shopify": "shopify",
    "slack": "slack",
    "sns": "sns",
    "square": "square",
    "standard-webhooks": "standardwebhooks",
    "stripe": "stripe",
    "svix": "standardwebhooks",
    "telegram": "telegram",
    "trello": "trello",
    "twilio": "twilio",
    "twitch": "twitch",
    "typeform": "typeform",
    "vercel": "vercel",
    "woocommerce": "woocommerce",
    "workos": "workos",
    "x": "x",
    "xero": "xero",
    "zendesk": "zendesk",
    "zoom": "zoom",
}
"""Every scheme's name, and its module in `schemes/`."""

# The rank decides when a request bears several marks: 0 goes before the provider it imitates,
# 1 is a provider's own, 2 is shared, 3 is a standard that providers build on.
MARKS: dict[bytes, tuple[int, tuple[str, ...]]] = {
    b"aeg-event-type": (1, ("eventgrid",)),
    b"calendly-webhook-signature": (1, ("calendly",)),
    b"ce-id": (4, ("cloudevents",)),
    b"circleci-signature": (1, ("circleci",)),
    b"hmacsignature": (1, ("adyen-platform",)),
    b"linear-signature": (1, ("linear",)),
    b"mux-signature": (1, ("mux",)),
    b"paddle-signature": (1, ("paddle",)),
    b"paypal-transmission-sig": (1, ("paypal",)),
    b"sentry-hook-resource": (1, ("sentry",)),
    b"sentry-hook-signature": (1, ("sentry",)),
    b"stripe-signature": (1, ("stripe",)),
    b"svix-signature": (3, ("svix",)),
    b"twitch-eventsub-message-id": (1, ("twitch",)),
    b"typeform-signature": (1, ("typeform",)),
    b"webhook-signature": (3, ("standard-webhooks",)),
    b"workos-signature": (1, ("workos",)),
    b"x-amz-sns-message-type": (1, ("sns",)),
    b"x-atlassian-webhook-identifier": (2, ("jira",)),
    b"x-cal-signature-256": (1, ("calcom",)),
    b"x-docusign-signature-1": (1, ("docusign",)),
    b"x-dropbox-signature": (1, ("dropbox",)),
    b"x-event-key": (1, ("bitbucket",)),
    b"x-forgejo-event": (0, ("gitea",)),
    b"x-gitea-event": (0, ("gitea",)),
    b"x-github-event": (1, ("github-sha1", "github")),
    b"x-gitlab-event": (1, ("gitlab",)),
    b"x-gitlab-token": (1, ("gitlab",)),
    b"x-goog-channel-id": (1, ("google",)),
    b"x-hook-signature": (1, ("asana",)),
    b"x-hub-signature": (2, ("intercom",)),
    b"x-hub-signature-256": (2, ("meta",)),
    b"x-hubspot-signature-v3": (1, ("hubspot",)),
    b"x-line-signature": (1, ("line",)),
    b"x-mandrill-signature": (1, ("mandrill",)),
    b"x-notion-signature": (1, ("notion",)),
    b"x-okta-verification-challenge": (1, ("okta",)),
    b"x-pagerduty-signature": (1, ("pagerduty",)),
    b"x-paystack-signature": (1, ("paystack",)),
    b"x-razorpay-signature": (1, ("razorpay",)),
    b"x-shopify-hmac-sha256": (1, ("shopify",)),
    b"x-shopify-topic": (1, ("shopify",)),
    b"x-signature": (2, ("lemonsqueezy",)),
    b"x-signature-ed25519": (1, ("discord",)),
    b"x-slack-signature": (1, ("slack",)),
    b"x-square-hmacsha256-signature": (1, ("square",)),
    b"x-telegram-bot-api-secret-token": (1, ("telegram",)),
    b"x-trello-webhook": (1, ("trello",)),
    b"x-twilio-email-event-webhook-signature": (1, ("sendgrid",)),
    b"x-twilio-signature": (1, ("twilio",)),
    b"x-twitter-webhooks-signature": (1, ("x",)),
    b"x-vercel-signature": (1, ("vercel",)),
    b"x-wc-webhook-signature": (1, ("woocommerce",)),
    b"x-wc-webhook-topic": (1, ("woocommerce",)),
    b"x-xero-signature": (1, ("xero",)),
    b"x-zendesk-webhook-signature": (1, ("zendesk",)),
    b"x-zm-signature": (1, ("zoom",)),
}
"""A field's name in lower case: its rank, and the schemes it marks in the order of asking."""

HINTS: tuple[tuple[bytes, str], ...] = (
    (b'"notificationItems"', "adyen"),
    (b"com.okta.event_hook", "okta"),
    (b"token", "mailgun"),
)
"""What stands near the beginning of bodies that no field marks, and the scheme to be asked."""

_LOOKED_AT = 4096


@cache
def load(name: str) -> Scheme | None:
    """The scheme of that name; None when there is none."""
    module = MODULES.get(name)
    if module is None:
        return None
    schemes: tuple[Scheme, ...] = import_module(f"hookcli.signatures.schemes.{module}").SCHEMES
    return next(scheme for scheme in schemes if scheme.name == name)


def names() -> tuple[str, ...]:
    """The names of all schemes, sorted."""
    return tuple(sorted(MODULES))


def recognise(request: Request) -> Scheme | None:
    """The scheme of a request; None when nothing marks one."""
    hits = [mark for name, _ in request.headers if (mark := MARKS.get(name.lower()))]
    if len(hits) > 1:
        hits.sort()
    for _, candidates in hits:
        for name in candidates:
            if found := _asked(name, request):
                return found
    start = request.body[:_LOOKED_AT]
    for needle, name in HINTS:
        if needle in start and (found := _asked(name, request)):
            return found
    return None


def _asked(name: str, request: Request) -> Scheme | None:
    scheme = load(name)
    return scheme if scheme is not None and scheme.recognises(request) else None
