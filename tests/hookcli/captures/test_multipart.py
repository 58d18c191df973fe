"""Where the parts of a form lie, whatever the sender did."""

from hypothesis import given
from hypothesis import strategies as st

from hookcli.captures.multipart import Part, parts

KIND = b'multipart/form-data; boundary="xY z"'
FORM = (
    b'--xY z\r\nContent-Disposition: form-data; name="from"\r\n\r\nAnna\r\n'
    b'--xY z\r\ncontent-disposition: form-data; filename="a\\"b.jpg"; name=photo\r\n'
    b"Content-Type: image/jpeg\r\n\r\n\xff\xd8\r\n\xff\r\n--xY z--\r\n"
)


def test_names_files_types_and_places() -> None:
    one, two = parts(FORM, KIND)
    assert (one.name, one.filename, FORM[one.start : one.end]) == ("from", "", b"Anna")
    assert (two.name, two.filename, two.content_type) == ("photo", 'a\\"b.jpg', "image/jpeg")
    assert FORM[two.start : two.end] == b"\xff\xd8\r\n\xff"


def test_what_stands_before_the_first_and_a_form_that_is_cut_off() -> None:
    (one,) = parts(b"preamble\r\n--b\r\nX: y\r\n\r\nall that cam", b"multipart/mixed; boundary=b")
    assert one == Part(start=23, end=35)


def test_without_a_boundary_there_are_none() -> None:
    assert list(parts(FORM, b"multipart/form-data")) == []
    assert list(parts(FORM, b"application/json")) == []
    assert list(parts(b"", KIND)) == []


@given(st.binary(max_size=200), st.lists(st.binary(max_size=20), max_size=5))
def test_any_bytes_are_taken(tail: bytes, contents: list[bytes]) -> None:
    body = b"".join(b"--b\r\n\r\n" + content + b"\r\n" for content in contents) + tail
    last = 0
    for part in parts(body, b"multipart/form-data; boundary=b"):
        assert last <= part.start <= part.end <= len(body)
        last = part.end
