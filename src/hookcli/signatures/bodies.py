"""One value of a body written anew, for schemes whose signature or time stands in the body."""

import re


def put_behind(pattern: re.Pattern[bytes], text: bytes, new: bytes) -> bytes:
    """`text` with its first match of `pattern` replaced by the match's first group and `new`.

    Callers read the value back afterwards: a pattern knows nothing of nesting.
    """
    return pattern.sub(lambda match: match[1] + new, text, count=1)
