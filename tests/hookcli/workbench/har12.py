"""HAR 1.2 as its specification words it: which fields an object must and may have, and their types.

http://www.softwareishard.com/blog/har-12-spec/ - custom fields begin with an underscore.
"""

import re
from datetime import datetime
from typing import Any

NUMBER = (int, float)
PAIR = {"name": str, "value": str, "comment?": str}
COOKIE = PAIR | {
    "path?": str, "domain?": str, "expires?": str, "httpOnly?": bool, "secure?": bool,
}  # fmt: skip
POST_DATA = {"mimeType": str, "text?": str, "params?": list, "comment?": str}
CONTENT = {
    "size": int, "compression?": int, "mimeType": str, "text?": str, "encoding?": str, "comment?": str,
}  # fmt: skip
MESSAGE = {
    "httpVersion": str, "cookies": [COOKIE], "headers": [PAIR], "headersSize": int, "bodySize": int,
    "comment?": str,
}  # fmt: skip
REQUEST = MESSAGE | {"method": str, "url": str, "queryString": [PAIR], "postData?": POST_DATA}
RESPONSE = MESSAGE | {"status": int, "statusText": str, "content": CONTENT, "redirectURL": str}
TIMINGS = {
    "blocked?": NUMBER, "dns?": NUMBER, "connect?": NUMBER, "send": NUMBER, "wait": NUMBER,
    "receive": NUMBER, "ssl?": NUMBER, "comment?": str,
}  # fmt: skip
ENTRY = {
    "pageref?": str, "startedDateTime": datetime, "time": NUMBER, "request": REQUEST,
    "response": RESPONSE, "cache": {"beforeRequest?": dict, "afterRequest?": dict, "comment?": str},
    "timings": TIMINGS, "serverIPAddress?": str, "connection?": str, "comment?": str,
}  # fmt: skip
CREATOR = {"name": str, "version": str, "comment?": str}
HAR = {
    "log": {
        "version": str, "creator": CREATOR, "browser?": CREATOR, "pages?": list, "entries": [ENTRY],
        "comment?": str,
    }
}  # fmt: skip
_ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


def faults(value: Any, wanted: Any = None, where: str = "$") -> list[str]:
    """What in `value` is not as the specification says, each with its place."""
    wanted = HAR if wanted is None else wanted
    if isinstance(wanted, dict):
        return _object(value, wanted, where)
    if isinstance(wanted, list):
        if not isinstance(value, list):
            return [f"{where}: a list is wanted"]
        inner = [faults(one, wanted[0], f"{where}[{at}]") for at, one in enumerate(value)]
        return [fault for found in inner for fault in found]
    if wanted is datetime:
        fits = isinstance(value, str) and _ISO.fullmatch(value) is not None
    else:
        fits = isinstance(value, wanted) and (wanted is bool or not isinstance(value, bool))
    return [] if fits else [f"{where}: {value!r} is not {wanted}"]


def _object(value: Any, wanted: dict[str, Any], where: str) -> list[str]:
    if not isinstance(value, dict):
        return [f"{where}: an object is wanted"]
    found: list[str] = []
    for key, kind in wanted.items():
        name = key.removesuffix("?")
        if name in value:
            found += faults(value[name], kind, f"{where}.{name}")
        elif not key.endswith("?"):
            found.append(f"{where}.{name} is missing")
    known = {key.removesuffix("?") for key in wanted}
    found += [f"{where}.{key} is unknown" for key in value if key not in known and key[0] != "_"]
    return found
