"""The page of schemes says what the code does."""

from pathlib import Path

import pytest

from hookcli import signatures
from hookcli.signatures import catalog
from hookcli.signatures.base import STATES, WORDS, Reason
from hookcli.signatures.table import MARKS

PAGE = Path(__file__).parents[3] / "docs" / "signatures.md"


def test_the_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == catalog.markdown(), "run: make docs"


def test_every_reason_has_a_state_and_words() -> None:
    assert set(Reason) == set(STATES) == set(WORDS)


@pytest.mark.parametrize("name", signatures.names())
def test_every_scheme_says_what_it_follows_and_how_it_signs(name: str) -> None:
    scheme = signatures.load(name)
    assert scheme is not None
    assert scheme.page.startswith("https://")
    assert scheme.title
    if scheme.signs:
        assert scheme.algorithm
        assert scheme.signed
        assert scheme.tolerance_s or scheme.uncovered or name == "paypal"


def test_every_mark_leads_to_a_scheme() -> None:
    for name, (_, candidates) in MARKS.items():
        assert name == name.lower()
        assert all(signatures.load(candidate) for candidate in candidates)
