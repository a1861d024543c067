"""The closing account of an import, from sets of ids."""

from services.connector.schemas.parts import Answer, left_out
from shared.kinds import State, TaskKind


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


class KindReport(Answer):
    """One kind of one project: ids in Jira, ids in Windshift, and every id that makes the difference."""

    jira: int
    windshift: int
    missing: list[str]
    dead_lettered: list[LostThing]


class ProjectReport(Answer):
    """One project: the account of each kind, and the tasks that failed."""

    key: str
    state: State
    kinds: dict[str, KindReport]
    tasks_failed: list[FailedTask]


class Report(Answer):
    """`balanced`: the import ended, and everything that Jira has is stored or accounted for by name."""

    job_id: str
    state: State
    balanced: bool
    projects: list[ProjectReport]
