"""Builds that GitHub starts."""

import hashlib
import hmac
import os

from flask import Flask, abort, jsonify, request

app = Flask(__name__)
builds: list[str] = []
"""The commits to be built, in the order of their webhooks."""
_seen: set[str] = set()


@app.post("/github")
def webhook():
    """Take a delivery once, if it is GitHub's."""
    payload = request.get_data()  # the raw bytes, before anything parses them
    secret = os.environ["GITHUB_SECRET"].encode()
    signed = "sha256=" + hmac.new(secret, payload, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(signed, request.headers.get("X-Hub-Signature-256", "")):
        abort(401)
    delivery = request.headers["X-GitHub-Delivery"]
    if delivery in _seen:
        return jsonify(repeat=True)
    if request.headers["X-GitHub-Event"] == "push":
        builds.append(request.get_json()["after"])
    _seen.add(delivery)
    return jsonify(repeat=False), 202
