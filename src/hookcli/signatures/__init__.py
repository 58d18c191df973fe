"""How providers sign: recognise, verify, explain and sign, one small module a scheme.

Pure functions over raw bytes; the clock is an argument (µs since the Unix epoch).

    identify(request)                         who sent it, what happened, which scheme signs it
    verify(request, scheme, secrets, at=…)    whether it holds, and if not, why
    judge(request, secrets by scheme, at=…)   both at once, for a listener
    explain(request, scheme, secrets, at=…)   why it fails, in words, and one next step
    sign(request, scheme, secret, now=…)      signed anew, every other byte as it was
    recipe(name, keys)                        a scheme of the user's own

`scheme` is a name (`names()`) or a `Scheme`, such as a recipe.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from hookcli.signatures.base import WORDS, Identity, Reason, Scheme, Secret, State, Verdict
from hookcli.signatures.judging import identify, judge, sign, verify
from hookcli.signatures.table import load, names
from hookcli.wire.http import Request

if TYPE_CHECKING:
    from hookcli.signatures.explaining import Explanation

__all__ = [
    "WORDS",
    "Identity",
    "Reason",
    "Scheme",
    "Secret",
    "State",
    "Verdict",
    "explain",
    "identify",
    "judge",
    "keypair",
    "load",
    "names",
    "recipe",
    "sign",
    "verify",
]


def explain(
    request: Request,
    scheme: str | Scheme,
    secrets: Sequence[Secret],
    *,
    at: int,
    others: Sequence[Secret] = (),
) -> "Explanation":
    """Why a signature holds or not, what was tried, and one next step; never raises.

    Args:
        secrets: those of the scheme, in order.
        at: µs since the Unix epoch: when the request came, or now.
        others: every further secret of the project, to see whether one of them signed it.
    """
    from hookcli.signatures import explaining

    return explaining.explain(request, scheme, secrets, at=at, others=others)


def recipe(name: str, keys: Mapping[str, object]) -> Scheme:
    """The scheme that a table `[scheme.NAME]` of the configuration describes; see `recipes`.

    Raises:
        ConfigError: a key is missing, unknown or has a wrong value.
    """
    from hookcli.signatures import recipes

    return recipes.recipe(name, keys)


def keypair(scheme: str | Scheme) -> tuple[str, str]:
    """A new private key in PEM and its public key as the scheme's provider writes it, for tests.

    Raises:
        UsageError: the scheme is not signed with a private key, or cannot be signed at all.
    """
    from hookcli.signatures import keys

    return keys.keypair_for(scheme)
