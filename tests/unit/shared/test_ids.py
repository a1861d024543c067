"""Identity: the same thing has the same name in every run, and two things never share one."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.ids import entity_id, project_run_id, site_id, task_id, user_id
from shared.kinds import EntityKind, TaskKind
from shared.state.dead_letters import DeadLetter
from shared.state.ledger import Task


@pytest.mark.parametrize(
    ("url", "site"),
    [
        ("https://acme.atlassian.net", "acme.atlassian.net"),
        ("https://ACME.atlassian.net/", "acme.atlassian.net"),
        ("http://host.example:8080/jira", "host.example-8080-jira"),
    ],
)
def test_a_site_is_named_by_its_address(url: str, site: str) -> None:
    assert site_id(url) == site


@given(st.text(min_size=1))
def test_a_site_never_holds_what_separates_the_parts_of_an_id(url: str) -> None:
    assert not set(":/ ") & set(site_id("https://" + url))


def test_entities_and_tasks_are_named_by_their_parts() -> None:
    assert entity_id("s", EntityKind.LINK_TYPE, "10") == "s:link_type:10"
    task = Task("i1", "ABC", TaskKind.ISSUES, "000000.001", {"ids": ["1"]})
    assert task.id == task_id("i1", "ABC", "issues", "000000.001") == "i1/ABC/issues/000000.001"
    assert task.run == project_run_id("i1", "ABC") == "i1/ABC"


@pytest.mark.parametrize(
    ("user", "identity"),
    [
        ({"accountId": "a", "key": "k", "name": "n"}, "a"),
        ({"key": "k", "name": "n"}, "k"),
        ({"name": "n"}, "n"),
        ({"accountId": "", "name": "n"}, "n"),
        ({"accountId": 5}, None),
        ({"accountId": "unknown", "displayName": "Former user"}, None),
        ({"displayName": "Ann"}, None),
        ("ann", None),
        (None, None),
    ],
)
def test_a_user_is_named_by_what_never_changes(user: Any, identity: str | None) -> None:
    assert user_id(user) == identity


def test_a_letter_of_the_same_thing_has_the_same_key_whatever_went_wrong() -> None:
    def letter(code: str, stage: str) -> DeadLetter:
        return DeadLetter(
            import_id="i1",
            project_key="ABC",
            kind=EntityKind.ISSUE,
            id="7",
            stage=stage,
            code=code,
            reason=code,
        )

    assert letter("one", "fetch").key == letter("two", "load").key == "i1/ABC/issue/7"
