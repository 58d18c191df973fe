"""What both ends share: headers, requests, responses, messages and their encoding.

Nothing here touches a socket, a file or a clock. Import the modules, not the package:
`hookcli.wire.messages`, `hookcli.wire.codec`, `hookcli.wire.headers`, `hookcli.wire.version`.
"""
