"""Jobs: an import as the wizard polls it, with the full truth beside the wizard's words."""

from datetime import datetime

from pydantic import Field
from pydantic.dataclasses import dataclass

from services.connector.schemas.parts import EXACT, Answer, Request, left_out
from shared.kinds import State, WaitingFor


class Progress(Answer):
    """Numbers for the progress bar; exact from the moment a project is loaded."""

    completed_projects: int
    current_project: str | None = left_out()
    failed_issues: int
    imported_attachments: int
    imported_comments: int
    imported_issues: int
    phase: str
    total_attachments: int
    total_comments: int
    total_issues: int
    total_projects: int


@dataclass(frozen=True, slots=True, kw_only=True, config=EXACT)
class ProjectProgress:
    """One project of a job: what is known to be in Jira, and what is in Windshift, by kind."""

    key: str
    state: State
    totals: dict[str, int]
    loaded: dict[str, int]
    goes_on_from: str | None = left_out(
        "The job since which the changes were read; without it, everything was."
    )


class RemapProgress(Answer):
    """How far another mapping has been applied: `total` and `done` count issues, `changed` documents."""

    state: State
    total: int
    done: int
    changed: int
    requested_at: datetime
    completed_at: datetime | None = left_out()


class JobAnswer(Answer):
    """One job. `status` uses the wizard's words only; `state` is the whole truth."""

    job_id: str
    status: str
    phase: str | None = left_out()
    progress: Progress | None = left_out()
    error_message: str | None = left_out()
    started_at: datetime | None = left_out()
    completed_at: datetime | None = left_out()
    state: State
    dry_run: bool | None = left_out("true: nothing is written to Windshift.")
    projects: list[ProjectProgress]
    remap: RemapProgress | None = left_out("Of the last remap, where there was one.")
    retries: int | None = left_out("How often what had failed was tried again.")
    waiting_for: WaitingFor | None = Field(
        default=None,
        description="What holds the job up most: Jira's rate limit, Jira's answers, Kafka, or the store.",
    )
    eta_seconds: int | None = Field(
        default=None, description="How long the rest takes at the pace of late; null where it cannot be told."
    )


class ResumeRequest(Request):
    """How a job goes on: with the credential that it has, or with that of another connection to its site."""

    connection_id: str = ""


class JobListed(Answer):
    """One job in the list."""

    id: str
    connection_id: str
    instance_url: str | None = left_out()
    instance_name: str | None = left_out()
    status: str
    phase: str | None = left_out()
    scope: str
    progress: Progress | None = left_out()
    error_message: str | None = left_out()
    created_at: datetime
    started_at: datetime | None = left_out()
    completed_at: datetime | None = left_out()
    state: State
    project_keys: list[str]


class PreviousImport(Answer):
    """An import of one of the named projects that completed."""

    job_id: str
    connection_id: str
    status: str
    project_keys: list[str]
    workspace_count: int
    item_count: int
    created_at: datetime
    completed_at: datetime | None = left_out()
