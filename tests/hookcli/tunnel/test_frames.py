"""Frames as the library reads them, and masks that never repeat."""

import hypothesis.strategies as st
import pytest
from hypothesis import given
from websockets.frames import Frame, Opcode
from websockets.protocol import SERVER, Protocol

from hookcli.tunnel.frames import Masks, binary


def read(raw: bytes) -> bytes:
    server = Protocol(SERVER, max_size=None)
    server.receive_data(raw)
    (frame,) = server.events_received()
    assert isinstance(frame, Frame)
    assert (frame.opcode, frame.fin) == (Opcode.BINARY, True)
    return bytes(frame.data)


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65_535, 65_536, 1_000_000])
def test_every_size_is_read_as_it_was_written(size: int) -> None:
    message = bytes(range(256)) * (size // 256 + 1)
    assert read(b"".join(binary(message[:size], b"\x01\x80\xff\x00"))) == message[:size]


@given(st.binary(max_size=300), st.binary(min_size=4, max_size=4))
def test_whatever_the_bytes_and_the_mask(message: bytes, mask: bytes) -> None:
    assert read(b"".join(binary(message, mask))) == message


def test_masks_are_four_bytes_and_none_is_used_twice() -> None:
    masks = Masks()
    taken = [masks.take() for _ in range(3000)]
    assert {len(mask) for mask in taken} == {4}
    assert len(set(taken)) > 2990  # of 2³² a pair may be equal by chance
