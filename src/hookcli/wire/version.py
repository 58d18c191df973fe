"""The version of the protocol between relay and listener (docs/protocol.md)."""

SUBPROTOCOL = "hookcli.v1"
"""The WebSocket subprotocol (RFC 6455 §1.9) that both ends must agree on."""
