"""Who may not read: each kind of restriction, and everything that is not plainly unrestricted."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.jira.restrictions import describe, of_entry, of_issue

ODD = st.text() | st.booleans() | st.integers() | st.lists(st.none() | st.text(), max_size=2)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, []),
        ({"security": None, "issuerestriction": None}, []),
        ({"issuerestriction": {"issuerestrictions": {}, "shouldDisplay": True}}, []),
        ({"issuerestriction": {"issuerestrictions": {"projectrole": []}}}, []),
        ({"security": {"id": "9", "name": "Staff"}}, ["security_level Staff"]),
        ({"security": {}}, ["security_level"]),
        (
            {"issuerestriction": {"issuerestrictions": {"projectrole": [{"value": "10008"}, {"value": 7}]}}},
            ["projectrole 10008", "projectrole 7"],
        ),
        ({"issuerestriction": {}}, ["unknown"]),
        ({"issuerestriction": {"issuerestrictions": {"projectrole": "10008"}}}, ["unknown"]),
        ({"security": "Staff", "issuerestriction": []}, ["security_level", "unknown"]),
    ],
)
def test_issues(fields: dict[str, Any], expected: list[str]) -> None:
    assert [describe(one) for one in of_issue(fields)] == expected


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ({}, []),
        ({"visibility": None, "jsdPublic": None}, []),
        ({"jsdPublic": True}, []),
        ({"jsdPublic": False}, ["internal"]),
        ({"visibility": {"type": "role", "value": "Administrators"}}, ["role Administrators"]),
        ({"visibility": {"type": "group", "value": "", "identifier": "g-1"}}, ["group g-1"]),
        ({"visibility": {"type": "group", "value": "x"}, "jsdPublic": False}, ["group x", "internal"]),
        ({"visibility": {}}, ["unknown"]),
        ({"visibility": {"type": ["role"], "value": "x"}}, ["unknown x"]),
    ],
)  # fmt: skip
def test_comments_and_worklogs(payload: dict[str, Any], expected: list[str]) -> None:
    assert [describe(one) for one in of_entry(payload)] == expected


@given(ODD | st.dictionaries(st.text(), ODD, max_size=2))
def test_what_cannot_be_understood_restricts(odd: Any) -> None:
    assert of_issue({"security": odd})
    assert of_entry({"visibility": odd})
    if not (isinstance(odd, dict) and odd.get("issuerestrictions") == {}):
        assert of_issue({"issuerestriction": odd})
    if odd is not True:
        assert of_entry({"jsdPublic": odd})
