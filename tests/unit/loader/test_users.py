"""Users: what Jira hides stays hidden, and nobody is taken for somebody else."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.loader.transform import Original, to_document
from shared.kinds import EntityKind
from shared.mongo import Document
from tests.unit.loader.entities import CLOUD_USER, SITE, entity


def user(id_: str, payload: dict[str, Any], *, site: str = SITE) -> Document:
    return to_document(Original(entity(EntityKind.USER, id_, payload, site=site), payload))


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (CLOUD_USER, {"email": None, "active": True, "account_type": "atlassian"}),
        (
            {"accountId": "unknown", "displayName": "Former user", "active": False},
            {"display_name": "Former user", "active": False, "email": None},
        ),
        ({"accountId": "5", "accountType": "app", "displayName": "Bot"}, {"account_type": "app"}),
        ({"accountId": "qm:1:2", "accountType": "customer"}, {"account_type": "customer"}),
        ({"key": "JIRAUSER1", "name": "kim", "emailAddress": "k@example.org"}, {"email": "k@example.org"}),
    ],
)
def test_what_jira_gives_is_kept(payload: dict[str, Any], expected: dict[str, Any]) -> None:
    found = user("1", payload)
    assert {name: found[name] for name in expected} == expected


def test_the_synthetic_names_do_not_depend_on_what_an_account_is_called() -> None:
    names = [user("557058:ab-1", {"displayName": name}) for name in ("Kim", "Kim Smith", "Former user")]
    (username,) = {one["synthetic_username"] for one in names}
    assert username.startswith("557058-ab-1-")
    assert names[0]["synthetic_email"] == f"{username}@imported.invalid"


def test_one_name_is_no_reason_to_be_one_user() -> None:
    same = {"displayName": "Kim", "name": "kim", "emailAddress": "kim@example.org"}
    found = [user("1", same), user("2", same), user("1", same, site="other.example.org")]
    assert len({one["_id"] for one in found}) == 3
    assert len({one["synthetic_username"] for one in found}) == 3


@given(st.text(min_size=1, max_size=80))
def test_windshift_takes_the_synthetic_names_of_any_id(id_: str) -> None:
    assert re.fullmatch(r"[a-z0-9][a-z0-9-]{2,31}", user(id_, {})["synthetic_username"])
