"""The closing account of an import, from sets of ids and hashes of contents; and what a verification adds."""

from datetime import datetime
from enum import StrEnum

from pydantic import Field

from services.connector.schemas.parts import Answer, Request, left_out
from shared.kinds import State, TaskKind
from shared.state.verifications import VerificationState


class LostThing(Answer):
    """Something that did not arrive, and why."""

    id: str
    reason: str
    jira_message: str | None = left_out()


class FailedTask(Answer):
    """A piece of fetching that was given up; what it would have brought is dead-lettered."""

    id: str
    kind: TaskKind
    reason: str


class Totals(Answer):
    """How long the lists of a kind really are; null where nobody can tell."""

    missing: int
    extra: int | None
    different: int | None
    dead_lettered: int
    gone: int = 0
    to_create: int = 0


class KindReport(Answer):
    """One kind of one project: how many ids Jira and Windshift have, and the ids that make the difference.

    `missing`: in Jira, and neither in Windshift nor dead-lettered. `extra`: in Windshift, with an identity of
    Jira's, and not in Jira (any more). `different`: the content in Windshift is not what an import wrote.
    Lists are cut as `limit` and `offset` say; `totals` are not.
    """

    jira: int
    windshift: int
    missing: list[str]
    extra: list[str] | None = Field(description="null where it cannot be told; `notes` say why")
    different: list[str] | None = Field(description="null where contents were not compared")
    dead_lettered: list[LostThing]
    gone: list[str] = Field(
        default=[], description="known before, and not in Jira any more, or hidden: marked in Windshift"
    )
    to_create: list[str] = Field(default=[], description="what a dry run would have created")
    totals: Totals


class FindingExample(Answer):
    """One thing that arrived, and what is worth knowing about it."""

    kind: str
    id: str
    detail: str


class FindingReport(Answer):
    """All findings of one sort in one project; the examples are cut as `limit` and `offset` say."""

    count: int
    examples: list[FindingExample]


class ProjectReport(Answer):
    """One project: the account of each kind, what is worth knowing, and the tasks that failed."""

    key: str
    state: State
    kinds: dict[str, KindReport]
    findings: dict[str, FindingReport]
    tasks_failed: list[FailedTask]
    tasks_failed_total: int


class Against(StrEnum):
    """What a kind was compared with: Jira as it is now, or what the import read of it."""

    JIRA = "jira"
    IMPORT = "import"


class VerifiedKind(KindReport):
    """One kind compared again. `different` is what either side changed."""

    against: Against
    changed_in_windshift: list[str]
    changed_in_windshift_total: int
    changed_in_jira: list[str]
    changed_in_jira_total: int


class VerifiedProject(Answer):
    """One project compared again."""

    key: str
    kinds: dict[str, VerifiedKind]


class Verification(Answer):
    """A comparison with Jira as it was at `started_at`; `projects` is there when it is `completed`."""

    verification_id: str
    job_id: str
    state: VerificationState
    requested_at: datetime
    started_at: datetime | None = left_out()
    ended_at: datetime | None = left_out()
    error_message: str | None = left_out()
    issues_read: int = Field(description="so far, from Jira")
    requests: int = Field(description="to Jira, so far")
    documents: int = Field(description="read from Windshift's store")
    identical: bool | None = left_out("Jira and Windshift have the same; null until it is completed")
    notes: list[str]
    unplaced: dict[str, list[str]]
    projects: list[VerifiedProject]


class VerificationNamed(Answer):
    """The newest verification of a job, in short; `GET jobs/{id}/verify` has all of it."""

    verification_id: str
    state: VerificationState
    requested_at: datetime
    ended_at: datetime | None = left_out()
    identical: bool | None = left_out()


class VerifyRequest(Request):
    """With whose eyes to look: those of the import's connection, or of another one to its site."""

    connection_id: str = ""


class Report(Answer):
    """`balanced`: the import ended, and everything that Jira has is stored or accounted for by name.

    `identical`: beyond that nothing is extra, different or dead-lettered; null where that cannot be told.
    Of an undone import nothing is compared, and both are null.
    `unplaced`: documents with an identity of Jira's that belong to no project at all, by kind.
    """

    job_id: str
    state: State
    balanced: bool | None
    identical: bool | None
    documents: int = Field(description="read from Windshift's store")
    notes: list[str]
    unplaced: dict[str, list[str]]
    projects_total: int = Field(description="of the import; the report is about those of `projects`")
    projects: list[ProjectReport]
    unreadable: list[LostThing] = Field(
        default=[], description="messages about this import that no service could read"
    )
    verification: VerificationNamed | None = left_out()
