"""From sets of ids to the account of a kind: what is listed, what is counted, what is not told."""

from datetime import UTC, datetime
from typing import Any

import pytest

from services.connector.comparison import KindComparison, ProjectComparison
from services.connector.expectations import what_was_read
from services.connector.report_kinds import Told, Window, are_identical, kind_report
from shared.id_sets import IdSet
from shared.kinds import Deployment, EntityKind, TaskKind
from shared.state.dead_letters import DeadLetter
from shared.state.imports import Import, ProjectRun

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ALL = Told(extra=True, contents=True)


def comparison(**ids: list[str]) -> KindComparison:
    return KindComparison(**{name: IdSet(given) for name, given in ids.items()})


def test_every_id_that_makes_the_difference_is_listed() -> None:
    found = comparison(
        expected=["1", "2", "3", "10"],
        stored=["1", "3"],
        dead=["2"],
        extra=["77"],
        changed=["3"],
        gone=["5"],
    )
    letter = DeadLetter(
        import_id="i", project_key="P", kind=EntityKind.ISSUE, id="2", stage="load", code="x", reason="odd"
    )
    assert kind_report(found, [letter], Window(), ALL).model_dump() == {
        "jira": 4,
        "windshift": 3,
        "missing": ["10"],
        "extra": ["77"],
        "different": ["3"],
        "dead_lettered": [{"id": "2", "reason": "odd"}],
        "gone": ["5"],
        "to_create": [],
        "totals": {
            "missing": 1, "extra": 1, "different": 1, "dead_lettered": 1, "gone": 1, "to_create": 0
        },
    }  # fmt: skip


def test_what_a_dry_run_finds_missing_would_be_created() -> None:
    found = comparison(expected=["1", "2"], stored=["1"])
    told = kind_report(found, [], Window(), Told(extra=True, contents=True, dry_run=True))
    assert (told.missing, told.to_create) == ([], ["2"])
    assert (told.totals.missing, told.totals.to_create) == (0, 1)


def test_lists_are_cut_and_totals_are_not() -> None:
    ids = [str(number) for number in range(5000)]
    told = kind_report(comparison(expected=ids), [], Window(offset=4990, limit=7), ALL)
    assert told.missing == ids[4990:4997]
    assert told.totals.missing == 5000


def test_what_cannot_be_told_is_null_and_not_zero() -> None:
    found = comparison(expected=["1"], stored=["1"], extra=["2"], changed=[])
    told = kind_report(found, [], Window(), Told(extra=False, contents=False))
    assert (told.windshift, told.extra, told.different) == (1, None, None)
    assert (told.totals.extra, told.totals.different) == (None, None)


@pytest.mark.parametrize(
    ("found", "told", "identical"),
    [
        ({"expected": ["1"], "stored": ["1"]}, ALL, True),
        ({"expected": ["1"], "stored": []}, ALL, False),
        ({"expected": ["1"], "stored": ["1"], "extra": ["2"]}, ALL, False),
        ({"expected": ["1"], "stored": ["1"], "changed": ["1"]}, ALL, False),
        ({"expected": ["1"], "stored": [], "dead": ["1"]}, ALL, False),
        ({"expected": ["1"], "stored": ["1"]}, Told(extra=False, contents=True), None),
        ({"expected": ["1"], "stored": ["1"]}, Told(extra=True, contents=False), None),
        ({"expected": ["1"], "stored": []}, Told(extra=False, contents=False), False),
    ],
)
def test_identical(found: dict[str, list[str]], told: Told, identical: bool | None) -> None:
    good = kind_report(comparison(expected=["1"], stored=["1"]), [], Window(), ALL)
    assert are_identical([good, kind_report(comparison(**found), [], Window(), told)]) is identical


def project(**dead: list[str]) -> ProjectComparison:
    kinds = {EntityKind(kind): comparison(expected=ids, dead=ids) for kind, ids in dead.items()}
    return ProjectComparison("OPS", "s:project:1", has_own_workspace=True, kinds=kinds)


@pytest.mark.parametrize(
    ("import_", "fetched", "dead", "failed", "issues", "comments"),
    [
        ({}, True, {}, [], True, True),
        ({"open_issues_only": True}, True, {}, [], False, False),
        ({"jql": "labels = x"}, True, {}, [], False, False),
        ({}, False, {}, [], False, False),  # cancelled in the middle
        ({}, True, {}, [TaskKind.LIST], False, False),
        ({}, True, {"attachment": ["7"]}, [TaskKind.ATTACHMENTS], True, True),
        ({}, True, {"issue": ["7"]}, [TaskKind.ISSUES], True, False),  # nobody saw its comments
        ({}, True, {"comment": ["7#from0"]}, [], True, False),
    ],
)
def test_what_is_extra_is_told_only_where_everything_was_read(
    import_: dict[str, Any],
    fetched: bool,
    dead: dict[str, list[str]],
    failed: list[TaskKind],
    issues: bool,
    comments: bool,
) -> None:
    given = Import(
        id="i", connection_id="c", site="s", instance_url="", deployment=Deployment.CLOUD,
        project_keys=("OPS",), created_at=NOW, **import_,
    )  # fmt: skip
    run = ProjectRun(
        import_id="i", site="s", project_key="OPS", project_id="1", fetched_at=NOW if fetched else None
    )
    read = what_was_read(given, run, project(**dead), failed)
    assert (EntityKind.ISSUE in read.whole, EntityKind.COMMENT in read.whole) == (issues, comments)
    assert (read.why is None) == (issues and comments)
