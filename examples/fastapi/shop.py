"""A shop that Stripe tells of payments."""

import os

import stripe
from fastapi import FastAPI, HTTPException, Request

app = FastAPI()
paid: dict[str, int] = {}
"""By invoice, what was paid."""
_seen: set[str] = set()


@app.post("/webhooks/stripe")
async def webhook(request: Request) -> dict[str, bool]:
    """Take an event once, if Stripe has signed it."""
    payload = await request.body()  # raw: what was parsed and written again fits no signature
    signature = request.headers.get("stripe-signature", "")
    try:
        event = stripe.Webhook.construct_event(payload, signature, os.environ["STRIPE_SECRET"])
    except (ValueError, stripe.SignatureVerificationError):
        raise HTTPException(400, "not signed by Stripe") from None
    if event["id"] in _seen:
        return {"repeat": True}
    if event["type"] == "invoice.paid":
        invoice = event["data"]["object"]
        paid[invoice["id"]] = invoice["amount_paid"]
    _seen.add(event["id"])
    return {"repeat": False}
