"""Webhooks in tests: captures as files, sent to a URL or an app, and a relay of the test's own."""
