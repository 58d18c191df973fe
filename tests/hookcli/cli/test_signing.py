"""Which secrets a scheme has."""

import io

import pytest

from hookcli.cli import signing
from hookcli.cli.console import Console
from hookcli.cli.here import Here, Shared


def here(**environ: str) -> Here:
    console = Console(stdout=io.StringIO(), stderr=io.StringIO(), environ=environ)
    return Here(console=console, shared=Shared())


@pytest.mark.parametrize(
    ("variable", "scheme"),
    [
        ("STANDARD_WEBHOOKS", "standard-webhooks"), ("STANDARD_WEBHOOKS", "svix"),
        ("SVIX", "standard-webhooks"), ("GITHUB", "github"), ("GITHUB", "github-sha1"),
    ],
)  # fmt: skip
def test_schemes_that_differ_in_their_fields_share_a_secret(variable: str, scheme: str) -> None:
    it = here(**{f"HOOKCLI_SECRET_{variable}": "whsec_x"})
    assert [one.value for one in signing.secrets_of(it, scheme)] == ["whsec_x"]
    assert [one.value for one in signing.by_scheme(it)[scheme]] == ["whsec_x"]


def test_one_of_its_own_goes_before() -> None:
    it = here(HOOKCLI_SECRET_SVIX="a", HOOKCLI_SECRET_STANDARD_WEBHOOKS="b")
    assert [one.value for one in signing.secrets_of(it, "svix")] == ["a"]
    assert signing.secrets_of(it, "stripe") == []
