"""The closing account of an import, from sets of ids."""

from services.connector.schemas.parts import Answer, left_out
from shared.kinds import State


class LostThing(Answer):
    """Something that did not arrive, and why."""

    id: str
    reason: str
    jira_message: str | None = left_out()


class KindReport(Answer):
    """One kind of one project: ids in Jira, ids in Windshift, and every id that makes the difference."""

    jira: int
    windshift: int
    missing: list[str]
    dead_lettered: list[LostThing]


class ProjectReport(Answer):
    """One project; `tasks_failed` are pieces of fetching that were given up."""

    key: str
    state: State
    kinds: dict[str, KindReport]
    tasks_failed: list[LostThing]


class Report(Answer):
    """`balanced`: the import ended, and everything that Jira has is stored or accounted for by name."""

    job_id: str
    state: State
    balanced: bool
    projects: list[ProjectReport]
