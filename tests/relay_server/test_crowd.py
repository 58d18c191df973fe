"""Open connections: so many in all, and one address cannot take them from the others."""

import pytest

from relay_server.crowd import Crowd


def test_one_address_has_its_part_and_others_come_in() -> None:
    crowd = Crowd(10, 2)
    assert crowd.came("192.0.2.1")
    assert crowd.came("192.0.2.1")
    assert not crowd.came("192.0.2.1")
    assert crowd.came("192.0.2.2")
    crowd.went("192.0.2.1")
    assert crowd.came("192.0.2.1")


def test_a_customer_s_network_counts_as_one() -> None:
    crowd = Crowd(10, 1)
    assert crowd.came("2001:db8::1")
    assert not crowd.came("2001:db8::2")
    assert crowd.came("2001:db8:0:1::1")


@pytest.mark.parametrize(("peer", "each"), [("127.0.0.1", 1), ("192.0.2.1", 0), ("", 1)])
def test_some_are_only_counted_with_all(peer: str, each: int) -> None:
    crowd = Crowd(3, each)
    assert [crowd.came(peer) for _ in range(4)] == [True, True, True, False]
    for _ in range(3):
        crowd.went(peer)
    assert crowd.came(peer)
