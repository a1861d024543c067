"""The account as text: aligned, with everything that stands out by name."""

from datetime import UTC, datetime
from typing import Any

from services.connector.report_text import aligned, report_text, verification_text
from services.connector.schemas.report import (
    Against,
    FailedTask,
    FindingExample,
    FindingReport,
    KindReport,
    LostThing,
    ProjectReport,
    Report,
    Totals,
    Verification,
    VerifiedKind,
    VerifiedProject,
)
from shared.kinds import State, TaskKind
from shared.state.verifications import VerificationState


def kind(jira: int, windshift: int, **more: Any) -> KindReport:
    found: dict[str, Any] = {"missing": [], "extra": [], "different": [], "dead_lettered": []} | more
    totals = {name: None if ids is None else len(ids) for name, ids in found.items()}
    return KindReport(jira=jira, windshift=windshift, **found, totals=Totals.model_validate(totals))


def project(**more: Any) -> ProjectReport:
    given = {"kinds": {}, "findings": {}, "tasks_failed": [], "tasks_failed_total": 0} | more
    return ProjectReport(key="OPS", state=State.COMPLETED, **given)


def report(*projects: ProjectReport, **more: Any) -> Report:
    given = {
        "balanced": True,
        "identical": True,
        "notes": [],
        "unplaced": {},
        "projects_total": len(projects),
    } | more
    return Report(job_id="j", state=State.COMPLETED, documents=3, projects=list(projects), **given)


def test_columns_of_numbers_stand_to_the_right() -> None:
    assert aligned([("kind", "in Jira", "extra"), ("issue", "1,200", "?"), ("comment", "7", "0")]) == [
        "kind     in Jira  extra",
        "issue      1,200      ?",
        "comment        7      0",
    ]


def test_an_account_in_which_nothing_stands_out() -> None:
    assert report_text(report(project(kinds={"issue": kind(1200, 1200)}))) == (
        "project  kind   in Jira  in Windshift  missing  extra  different  dead-lettered\n"
        "OPS      issue    1,200         1,200        0      0          0              0\n"
        "\n"
        "completed: balanced, both sides have the same\n"
    )


def test_all_that_stands_out_is_named() -> None:
    lost = LostThing(id="5", reason="not_returned", jira_message="No such issue.")
    issues = kind(4, 3, missing=["1"], extra=["99"], different=["2", "3"], dead_lettered=[lost])
    example = FindingExample(kind="comment", id="7", detail="cut at 10,000 bytes")
    told = report(
        project(
            kinds={"issue": issues, "user": kind(2, 2, extra=None)},
            findings={"text_shortened": FindingReport(count=12, examples=[example])},
            tasks_failed=[FailedTask(id="t", kind=TaskKind.LIST, reason="gone")],
            tasks_failed_total=1,
        ),
        balanced=False,
        identical=False,
        notes=["OPS: why"],
        unplaced={"comment": ["8"]},
    )
    lines = report_text(told).splitlines()
    assert lines[2].split() == ["OPS", "user", "2", "2", "0", "?", "0", "0"]
    assert lines[3:] == [
        "",
        "OPS issue missing: 1",
        "OPS issue extra: 99",
        "OPS issue different: 2, 3",
        "comment of no project: 8",
        "",
        "OPS issue dead-lettered: 5: No such issue.",
        "",
        "project  finding         count  for example",
        "OPS      text_shortened     12  comment 7: cut at 10,000 bytes",
        "",
        "task given up: t: gone",
        "",
        "note: OPS: why",
        "",
        "completed: NOT BALANCED, the two sides differ",
    ]


def test_a_long_list_is_cut_and_counted() -> None:
    ids = [str(number) for number in range(100)]
    issues = kind(1500, 0, missing=ids).model_copy(
        update={"totals": Totals(missing=1500, extra=0, different=0, dead_lettered=0)}
    )
    line = report_text(report(project(kinds={"issue": issues}))).splitlines()[3]
    assert line == f"OPS issue missing: {', '.join(ids[:20])} and 1,480 more"


def verification(**more: Any) -> Verification:
    given = {"issues_read": 300, "requests": 4, "documents": 9, "notes": [], "unplaced": {}, "projects": []}
    now = datetime(2026, 1, 1, tzinfo=UTC)
    return Verification(verification_id="v", job_id="j", requested_at=now, **(given | more))


def test_a_verification_says_who_changed_what() -> None:
    changed = VerifiedKind(
        **dict(kind(3, 3, different=["1", "2"])),
        against=Against.JIRA,
        changed_in_windshift=["1"],
        changed_in_windshift_total=1,
        changed_in_jira=["2"],
        changed_in_jira_total=1,
    )
    told = verification(
        state=VerificationState.COMPLETED,
        identical=False,
        projects=[VerifiedProject(key="OPS", kinds={"issue": changed})],
    )
    assert verification_text(told).splitlines() == [
        "project  kind   in Jira  in Windshift  missing  extra  different  dead-lettered  compared with",
        "OPS      issue        3             3        0      0          2              0  jira",
        "",
        "OPS issue changed in Windshift: 1",
        "OPS issue changed in Jira: 2",
        "",
        "300 issues read from Jira with 4 requests",
        "",
        "completed, the two sides differ",
    ]


def test_a_verification_that_failed_says_why() -> None:
    told = verification(state=VerificationState.FAILED, error_message="The token died.")
    assert verification_text(told).splitlines()[-1] == "failed: The token died."
