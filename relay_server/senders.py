"""Who a sender is: its address, also behind proxies, and whom it is counted with."""

import ipaddress
from functools import lru_cache

from hookcli.wire.headers import values
from hookcli.wire.messages import Pairs

_V6_SITE = 64
"""One customer has a whole /64 (RFC 6177), so its addresses count as one."""


def sender(peer: str, headers: Pairs, hops: int) -> str:
    """The address that a webhook came from.

    Each of the `hops` proxies in front of the relay adds the address it was called from to the end
    of `X-Forwarded-For`; what stands further left anybody may have written. With no proxy, or when
    the field does not say as many addresses as there are proxies, it is the connection's peer.
    """
    if hops == 0:
        return peer
    told = [
        part.strip() for value in values(headers, b"x-forwarded-for") for part in value.split(b",")
    ]
    if len(told) < hops:
        return peer
    return _address(told[-hops]) or peer


def _address(text: bytes) -> str | None:
    """An address as proxies write it: with a port, in brackets, with a zone; None: it is none."""
    name = text.decode("latin-1").strip('"')
    if name.startswith("["):
        name = name[1:].partition("]")[0]
    elif name.count(":") == 1:
        name = name.partition(":")[0]
    try:
        found = ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return None
    return str(getattr(found, "ipv4_mapped", None) or found)


@lru_cache(4096)
def counted_as(address: str) -> str | None:
    """Whose requests these count as; None: nobody's, for the machine itself is not limited.

    A proxy that was not configured is seen as its own address on the loopback: limiting that would
    stop everybody at once.
    """
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address or None
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is None:
            if found.is_loopback:
                return None
            return str(ipaddress.ip_network((found, _V6_SITE), strict=False))
        found = found.ipv4_mapped
    return None if found.is_loopback else str(found)
