"""The one form of an address."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.connector.instance_url import normalise
from services.connector.problems import ApiError


@pytest.mark.parametrize(
    ("typed", "normal"),
    [
        ("https://acme.atlassian.net/", "https://acme.atlassian.net"),
        (" HTTPS://Acme.Atlassian.Net// ", "https://acme.atlassian.net"),
        ("https://jira.acme.com/jira/", "https://jira.acme.com/jira"),
        ("http://10.0.0.1:8080/jira?x=1#top", "http://10.0.0.1:8080/jira"),
        ("https://anna:secret@acme.example", "https://acme.example"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_an_address(typed: str, normal: str) -> None:
    assert normalise(typed) == normal


@given(st.text(max_size=60))
def test_anything_else_is_refused_in_the_wizards_words(typed: str) -> None:
    try:
        normal = normalise(typed)
    except ApiError as error:
        normal = f"{error.status} {error.code}"
    assert normal.startswith(("http://", "https://", "400 INVALID_INPUT"))


@given(
    st.from_regex(r"https?://[a-z0-9.-]{1,20}[a-z](:[1-9][0-9]{0,3})?(/[a-z]{1,8}){0,3}/?", fullmatch=True)
)
def test_normalising_twice_changes_nothing(typed: str) -> None:
    assert normalise(normalise(typed)) == normalise(typed)
