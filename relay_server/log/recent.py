"""What senders were told a moment ago: it may not be stored yet when their events are read."""

from collections import OrderedDict

from hookcli.wire.messages import Reply
from relay_server.log.base import Page

_MOST = 16_384


class Recent:
    """The newest replies of all endpoints."""

    def __init__(self) -> None:
        self._replies: OrderedDict[tuple[str, int], Reply] = OrderedDict()

    def note(self, endpoint: str, reply: Reply) -> None:
        """Remember it for a while."""
        self._replies[endpoint, reply.seq] = reply
        if len(self._replies) > _MOST:
            self._replies.popitem(last=False)

    def onto(self, endpoint: str, page: Page) -> Page:
        """The page, with what is known here of its events."""
        for seq, _ in page.events:
            reply = self._replies.get((endpoint, seq))
            if reply is not None:
                page.replies[seq] = reply
        return page
