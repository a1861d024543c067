"""Taking issues apart: what comes out of Cloud's and Data Center's shapes, and of shapes that are odd."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from services.fetcher.extract import attachments, explode
from services.fetcher.found import Found, Origin
from services.fetcher.outcome import Outcome
from shared.contracts.events import BlobRef, EntityFetched
from shared.jira.entries import to_millis, truncated
from shared.kinds import EntityKind

ORIGIN = Origin("import-1", "site", "10000", "ABC")
ANN = {"accountId": "a1", "displayName": "Ann", "emailAddress": None}
BOB = {"name": "bob", "key": "JIRAUSER10100", "displayName": "Bob"}
LINK_TYPE = {"id": "10", "name": "Blocks", "inward": "is blocked by", "outward": "blocks"}


@pytest.fixture
def far_from_utc() -> Iterator[None]:
    """This machine's clock is in New York for a while."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", "America/New_York")
        time.tzset()
        yield
    time.tzset()


def issue(**fields: Any) -> dict[str, Any]:
    return {"id": "1001", "key": "ABC-1", "fields": {"summary": "S", **fields}}


def found(shape: Any) -> dict[tuple[str, str], EntityFetched]:
    outcome = Outcome()
    outcome.add(ORIGIN, explode(shape))
    return {(entity.kind.value, entity.id): entity for entity in outcome.entities}


def cloud_issue() -> dict[str, Any]:
    comment = {
        "id": "7",
        "author": ANN,
        "updateAuthor": {"accountId": "a2"},
        "updated": "2024-01-02T00:00:00.000+0000",
    }
    return issue(
        updated="2024-01-01T00:00:00.123+0100",
        status={"id": "3", "name": "Done"},
        priority={"id": "4", "name": "High"},
        issuetype={"id": "5", "name": "Bug"},
        assignee=ANN,
        reporter={"accountId": "a3"},
        creator=None,
        fixVersions=[{"id": "61", "name": "1.0"}],
        versions=[{"id": "61", "name": "1.0"}, {"id": "62", "name": "1.1"}],
        components=[{"id": "71", "name": "core"}],
        labels=["red", "blue"],
        comment={"comments": [comment], "maxResults": 1, "total": 1, "startAt": 0},
        worklog={"worklogs": [{"id": "8", "author": {"accountId": "a4"}}], "maxResults": 20, "total": 1},
        attachment=[{"id": "9", "filename": "x.png", "size": 3}],
        description={"type": "doc", "version": 1, "content": []},
    )  # fmt: skip


def test_everything_that_a_cloud_issue_names_comes_out_once() -> None:
    entities = found(cloud_issue())
    assert set(entities) == {
        ("issue", "1001"), ("comment", "7"), ("worklog", "8"), ("status", "3"), ("priority", "4"),
        ("issue_type", "5"), ("version", "61"), ("version", "62"), ("component", "71"), ("label", "red"),
        ("label", "blue"), ("user", "a1"), ("user", "a2"), ("user", "a3"), ("user", "a4"),
    }  # fmt: skip
    first = entities["issue", "1001"]
    assert first.updated == 1_704_063_600_123
    assert first.payload is not None
    assert set(first.payload["fields"]) == set(cloud_issue()["fields"]) - {"comment", "worklog"}
    assert first.payload["fields"]["attachment"] == [{"id": "9", "filename": "x.png", "created": None}]
    comment = entities["comment", "7"]
    assert comment.updated == 1_704_153_600_000
    assert comment.payload is not None
    assert comment.payload["issueId"] == "1001"
    assert entities["user", "a1"].payload == ANN
    assert {(e.import_id, e.site, e.project_id, e.project_key) for e in entities.values()} == {
        ("import-1", "site", "10000", "ABC")
    }
    assert attachments(cloud_issue()) == [{"id": "9", "filename": "x.png", "size": 3, "issueId": "1001"}]


def test_a_data_center_issue_names_users_by_key() -> None:
    comments = {"comments": [{"id": "7", "author": BOB}], "maxResults": 1, "total": 1, "startAt": 0}
    entities = found(issue(assignee=BOB, reporter={"name": "old-login"}, comment=comments))
    assert set(entities) == {
        ("issue", "1001"), ("comment", "7"), ("user", "JIRAUSER10100"), ("user", "old-login")
    }  # fmt: skip


def test_both_ends_of_a_link_give_the_same_entity() -> None:
    there, here = {"id": "1002", "key": "DEF-2"}, {"id": 1001, "key": "ABC-1"}
    one = issue(
        issuelinks=[{"id": "5", "type": LINK_TYPE, "outwardIssue": {**there, "fields": {"summary": "T"}}}]
    )
    back = {"id": "5", "type": LINK_TYPE, "inwardIssue": {**here, "fields": {"summary": "S"}}}
    two = {**there, "fields": {"summary": "T", "issuelinks": [back]}}
    from_one, from_two = found(one)["link", "5"], found(two)["link", "5"]
    assert from_one.payload == from_two.payload
    assert from_one.payload == {
        "id": "5",
        "type": LINK_TYPE,
        "source": {"id": "1001", "key": "ABC-1", "summary": "S"},
        "target": {"id": "1002", "key": "DEF-2", "summary": "T"},
    }
    assert found(one)["link_type", "10"].payload == LINK_TYPE


@pytest.mark.parametrize(
    "link",
    [
        {},
        {"id": "5", "type": LINK_TYPE},
        {"id": "5", "type": None, "outwardIssue": {"id": "1"}},
        {"id": "5", "type": LINK_TYPE, "outwardIssue": {"key": "X-1"}},
        {"type": LINK_TYPE, "inwardIssue": {"id": "1"}},
        "5",
        None,
    ],
)
def test_half_a_link_is_left_out_and_harms_nothing(link: Any) -> None:
    assert set(found(issue(issuelinks=[link]))) == {("issue", "1001")}


@pytest.mark.parametrize(
    ("page", "cut"),
    [
        ({"comments": [{"id": "1"}], "total": 2}, True),
        ({"comments": [], "total": 1}, True),
        ({"total": 3}, True),
        ({"comments": [{"id": "1"}, {"id": "2"}], "total": 2}, False),
        ({"comments": [{"id": "1"}], "total": 0}, True),
        ({"comments": []}, True),
        ({"comments": [], "total": "none"}, True),
        ({}, True),
        ([], True),
        (None, False),
    ],
)
def test_a_list_is_truncated_unless_the_count_fits_it(page: Any, cut: bool) -> None:
    assert truncated({"comment": page}, "comment") is cut


def test_nothing_of_a_truncated_list_comes_out_since_it_is_fetched_whole() -> None:
    entities = found(
        issue(
            comment={"comments": [{"id": "1"}], "total": 120, "maxResults": 1},
            worklog={"worklogs": [{"id": "2"}], "total": 1, "maxResults": 20},
        )
    )
    assert set(entities) == {("issue", "1001"), ("worklog", "2")}


@pytest.mark.parametrize(
    "shape",
    [
        {"id": 1001},
        {"id": "1001", "fields": None},
        {"id": "1001", "fields": {}},
        issue(status=None, priority=None, assignee=None, labels=None, components=None, issuelinks=None),
        issue(
            status="Done", priority=[], assignee="ann", components={}, issuelinks={}, comment=None, worklog=[]
        ),
        issue(status={"name": "no id"}, versions=[{"name": "no id"}, None, 5], labels=[None, 7, {}]),
        issue(attachment=None, assignee={"accountId": None, "displayName": "Former user"}),
        issue(updated="yesterday"),
        issue(updated=1_704_063_600_123),
    ],
)
def test_an_odd_issue_is_still_an_issue(shape: Any) -> None:
    entities = found(shape)
    assert set(entities) == {("issue", "1001")}
    assert entities["issue", "1001"].updated is None
    assert attachments(shape) == []


@pytest.mark.parametrize(
    "shape", [{}, {"id": "1", "fields": "x"}, issue(comment={"comments": [{}], "total": 1})]
)
def test_what_is_no_issue_at_all_is_refused(shape: Any) -> None:
    with pytest.raises((KeyError, AttributeError)):
        found(shape)


@pytest.mark.parametrize(
    ("moment", "millis"),
    [
        ("2015-12-02T07:39:15.000-0800", 1_449_070_755_000),
        ("2015-12-02T07:39:15.999-0800", 1_449_070_755_999),
        ("2015-12-02T15:39:15Z", 1_449_070_755_000),
        ("2015-12-02T15:39Z", 1_449_070_740_000),
        ("2015-12-02T15:39:15", 1_449_070_755_000),  # no offset: not this machine's zone
        ("2015-12-02", 1_449_014_400_000),
        ("yesterday", None),
        ("", None),
        (None, None),
        (1_449_070_755_000, None),
    ],
)
@pytest.mark.usefixtures("far_from_utc")
def test_the_times_of_jira(moment: Any, millis: int | None) -> None:
    assert to_millis(moment) == millis


def test_an_outcome_keeps_the_first_of_each_and_names_all_by_kind() -> None:
    outcome = Outcome()
    blob = BlobRef(blob_id="b", size=1, sha256="0")
    outcome.add(ORIGIN, [Found(EntityKind.USER, "a1", {"n": 1}), Found(EntityKind.USER, "a1", {"n": 2})])
    outcome.add(ORIGIN, [Found(EntityKind.ATTACHMENT, "a1", {}, content=blob)])
    first = outcome.entities[0]
    assert first.payload == {"n": 1}
    assert outcome.manifest == {EntityKind.USER: {"a1"}, EntityKind.ATTACHMENT: {"a1"}}
    assert EntityFetched.model_validate_json(first.to_bytes()) == first


def test_users_and_sprints_in_custom_fields_are_seen() -> None:
    sprint = {"id": 37, "name": "S 4", "state": "active", "boardId": 5}
    old = "com.atlassian.greenhopper.service.sprint.Sprint@1f[id=38,rapidViewId=5,state=CLOSED,name=a,b=[c]]"
    entities = found(
        issue(
            customfield_1=ANN,
            customfield_2=[BOB, {"accountId": "a9", "displayName": "App"}],
            customfield_3=[sprint],
            customfield_4=[old],
            customfield_5={"name": "staff", "self": "x"},  # a group
            customfield_6=[{"id": "10110", "value": "Low"}],
            customfield_7=[{"id": "20000", "name": "1.0", "released": True}],
            customfield_8={"id": "10001", "key": "OPS", "name": "Operations"},  # a project
            customfield_9="text",
            customfield_10=[],
            summary_of=ANN,  # no custom field
        )
    )
    assert {kind for kind, _ in entities} == {"issue", "user", "sprint"}
    assert {id_ for kind, id_ in entities if kind == "user"} == {"a1", "JIRAUSER10100", "a9"}
    sprints = {id_: entity.payload for (kind, id_), entity in entities.items() if kind == "sprint"}
    assert sprints == {
        "37": {"id": 37, "name": "S 4", "state": "active", "originBoardId": 5},
        "38": {"id": 38, "name": "a,b=[c]", "state": "closed", "originBoardId": 5},
    }
