"""Failures that end a command; each becomes one sentence and an exit code.

    HookcliError(message, why=(), hint=None)
    ├─ UsageError        what to type instead
    ├─ ConfigError       the file, the key and the nearest valid key
    ├─ AuthError         which credential, where it was looked for
    ├─ NotFoundError     nothing of that name; an ambiguous one
    ├─ TargetError       the program cannot be reached
    ├─ RelayError        the relay is unreachable, or refuses
    ├─ WaitError         waited in vain
    └─ StoreError        the capture store: newer than this program, locked, damaged, full

Failures that a user studies (a refused connection, a 500) are data: `captures.model.Outcome`.
"""


class HookcliError(Exception):
    """A failure with the sentence that tells it and the next step."""

    def __init__(self, message: str, *, why: tuple[str, ...] = (), hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        """What happened, with the thing's name; no trailing full stop."""
        self.why = why
        """Further lines, one fact each."""
        self.hint = hint
        """What to do: printed after `try: `."""
        for line in (*why, *((f"try: {hint}",) if hint else ())):
            self.add_note(line)  # tracebacks and pytest show it


class UsageError(HookcliError):
    """The command line asks for what cannot be."""


class ConfigError(HookcliError):
    """A configuration file or variable is wrong."""


class AuthError(HookcliError):
    """A token is missing, unknown or revoked."""


class NotFoundError(HookcliError):
    """Nothing is called that, or more than one thing is."""


class TargetError(HookcliError):
    """The program that receives webhooks cannot be reached."""


class RelayError(HookcliError):
    """The relay cannot be reached, or refuses."""


class WaitError(HookcliError):
    """What was waited for did not come."""


class StoreError(HookcliError):
    """The capture store cannot be used."""
