"""The closed lists of words that travel: kinds of entity, kinds of task, states."""

from enum import StrEnum


class EntityKind(StrEnum):
    """One kind of Jira thing; the value is part of every stored `_id` and never changes."""

    PROJECT = "project"
    ISSUE = "issue"
    COMMENT = "comment"
    WORKLOG = "worklog"
    ATTACHMENT = "attachment"
    LINK = "link"
    LINK_TYPE = "link_type"
    USER = "user"
    ISSUE_TYPE = "issue_type"
    STATUS = "status"
    PRIORITY = "priority"
    VERSION = "version"
    COMPONENT = "component"
    LABEL = "label"
    RESOLUTION = "resolution"
    SECURITY_LEVEL = "security_level"
    SPRINT = "sprint"
    BOARD = "board"
    HISTORY = "history"
    REMOTE_LINK = "remote_link"
    WATCHERS = "watchers"
    VOTES = "votes"


# An issue and what hangs on it; all other kinds are named by many issues.
OF_AN_ISSUE = frozenset(
    {
        EntityKind.ISSUE,
        EntityKind.COMMENT,
        EntityKind.WORKLOG,
        EntityKind.ATTACHMENT,
        EntityKind.HISTORY,
        EntityKind.REMOTE_LINK,
        EntityKind.WATCHERS,
        EntityKind.VOTES,
    }
)


class TaskKind(StrEnum):
    """One kind of fetching work; the value is part of the task's id."""

    PROJECT = "project"
    CATALOG = "catalog"
    BOARDS = "boards"
    SPRINTS = "sprints"
    LIST = "list"
    ISSUES = "issues"
    COMMENTS = "comments"
    WORKLOGS = "worklogs"
    HISTORY = "history"  # of many issues at once
    CHANGELOG = "changelog"  # of one issue, where Jira refuses the many
    ATTACHMENTS = "attachments"
    REMOTE_LINKS = "remote_links"
    WATCHERS = "watchers"
    VOTES = "votes"
    REPLAY = "replay"  # asks Jira nothing: sends again what could not be loaded


class State(StrEnum):
    """Where an import, or one project of it, stands."""

    QUEUED = "queued"
    RUNNING = "running"
    PAUSED = "paused"
    COMPLETED = "completed"
    COMPLETED_WITH_ERRORS = "completed_with_errors"
    FAILED = "failed"
    CANCELLED = "cancelled"
    UNDOING = "undoing"  # what it created is being removed from Windshift
    UNDONE = "undone"


ACTIVE_STATES = frozenset({State.QUEUED, State.RUNNING})
LOADED_STATES = frozenset({State.COMPLETED, State.COMPLETED_WITH_ERRORS})  # and so with an exact account
FINAL_STATES = LOADED_STATES | {State.FAILED, State.CANCELLED, State.UNDONE}
UNDO_STATES = frozenset({State.UNDOING, State.UNDONE})


class ConflictPolicy(StrEnum):
    """Which side wins where a document was edited in Windshift and has changed in Jira since."""

    KEEP_WINDSHIFT = "keep_windshift"
    KEEP_JIRA = "keep_jira"
    NEWEST = "newest"


class Deployment(StrEnum):
    """Which of Jira's two products answers, in the wizard's words."""

    CLOUD = "cloud"
    DATA_CENTER = "datacenter"


class TokenKind(StrEnum):
    """How a credential is sent, and to which base URL."""

    UNSCOPED = "unscoped"
    SCOPED = "scoped"
    SERVICE = "service"
    PAT = "pat"
    BASIC = "basic"


class WaitingFor(StrEnum):
    """What holds an import up most: Jira's rate limit, Jira's answers, Kafka, or the store."""

    JIRA_LIMIT = "jira_limit"
    JIRA = "jira"
    BROKER = "broker"
    STORE = "store"
