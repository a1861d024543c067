"""Projects, and what is in them."""

from pydantic.dataclasses import dataclass

from services.connector.schemas.parts import EXACT, Answer, Request, left_out
from shared.state.plans import Target


@dataclass(frozen=True, slots=True, kw_only=True, config=EXACT)
class ProjectAnswer:
    """A project to choose. The wizard needs a number, and lets nobody choose a team-managed project."""

    key: str
    id: str
    name: str
    description: str
    project_type: str
    issue_count: int
    avatar_url: str | None = left_out()
    is_team_managed: bool = False
    team_managed: bool


class AnalyzeRequest(Request):
    """Which projects to look into."""

    connection_id: str = ""
    project_keys: tuple[str, ...] = ()
    open_issues_only: bool = False


class Usage(Answer):
    """How many issues use something: of a large project an estimate, from some old and some new issues."""

    issues: int
    found: int  # of the issues that were looked at
    sampled: int  # issues that were looked at
    exact: bool  # whether that was all of them


class Suggestion(Answer):
    """What is in Windshift already and could stand for it."""

    windshift_id: Target
    name: str
    reason: str


class Sampled(Answer):
    """What all `usage` is from."""

    issues: int
    of: int
    exact: bool


@dataclass(frozen=True, slots=True, kw_only=True, config=EXACT)
class AnalyzedProject:
    """One project, counted."""

    key: str
    name: str
    issue_count: int
    issue_types: list[str]
    has_versions: bool
    version_count: int
    has_sprints: bool
    workspace_key_collision: bool  # a workspace of Windshift has the project's key already
    suggested_workspace_key: str


class AnalyzedIssueType(Answer):
    """An issue type that one of the projects offers."""

    id: str
    name: str
    description: str
    subtask: bool
    hierarchy_level: int
    usage_count: int
    usage: Usage
    suggestion: Suggestion | None = left_out()


class AnalyzedStatus(Answer):
    """A status of one of the projects' workflows."""

    id: str
    name: str
    category_id: int
    category_name: str
    category_key: str
    color: str
    usage: Usage
    suggestion: Suggestion | None = left_out()


class AnalyzedField(Answer):
    """A custom field, and what it becomes."""

    jira_field_id: str
    jira_field_name: str
    jira_field_type: str
    windshift_field_type: str
    can_map: bool
    notes: str | None = left_out()
    options: list[str] | None = left_out()
    options_from: str | None = left_out("`jira`: its own list; `sample`: what some issues have.")
    contexts: list[str] | None = left_out("Where the options are from, when Jira tells.")
    project_id: str | None = left_out("Of the one team-managed project that the field belongs to.")
    possible_types: list[str]
    usage: Usage
    suggestion: Suggestion | None = left_out()


class AnalyzedUser(Answer):
    """A person who wrote one of the sampled issues or is to solve it; there may be many more."""

    account_id: str
    email: str
    display_name: str
    avatar_url: str
    matched_user_id: int | None = left_out()
    suggestion: Suggestion | None = left_out()


@dataclass(frozen=True, slots=True, kw_only=True, config=EXACT)
class AnalyzedVersion:
    """A version of one of the projects."""

    id: str
    name: str
    description: str
    archived: bool
    released: bool
    release_date: str | None = left_out()
    project_key: str


class AnalyzeAnswer(Answer):
    """What an import of the chosen projects would bring."""

    projects: list[AnalyzedProject]
    issue_types: list[AnalyzedIssueType]
    statuses: list[AnalyzedStatus]
    custom_fields: list[AnalyzedField]
    users: list[AnalyzedUser] | None
    versions: list[AnalyzedVersion] | None
    total_issues: int
    total_assets: int
    open_issues_only: bool
    sample: Sampled
