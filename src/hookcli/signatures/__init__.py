"""How providers sign: recognise, verify, explain and sign, one small module a scheme.

Pure functions over raw bytes; the clock is an argument (µs since the Unix epoch).

    identify(request)                         who sent it, what happened, which scheme signs it
    verify(request, scheme, secrets, at=…)    whether it holds, and if not, why
    judge(request, secrets by scheme, at=…)   both at once, for a listener
    sign(request, scheme, secret, now=…)      signed anew, every other byte as it was
"""

from hookcli.signatures.base import Identity, Reason, Scheme, Secret, State, Verdict
from hookcli.signatures.judging import identify, judge, sign, verify
from hookcli.signatures.table import load, names

__all__ = [
    "Identity",
    "Reason",
    "Scheme",
    "Secret",
    "State",
    "Verdict",
    "identify",
    "judge",
    "load",
    "names",
    "sign",
    "verify",
]
