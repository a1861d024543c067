"""One module per kind of task; `FETCH` says which function does which."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from services.fetcher.outcome import Outcome
from services.fetcher.tasks.around import fetch_remote_links, fetch_votes, fetch_watchers
from services.fetcher.tasks.attachments import fetch_attachments
from services.fetcher.tasks.boards import fetch_boards, fetch_sprints
from services.fetcher.tasks.catalog import fetch_catalog
from services.fetcher.tasks.context import TaskContext
from services.fetcher.tasks.history import fetch_history
from services.fetcher.tasks.issues import fetch_issues
from services.fetcher.tasks.listing import list_issues
from services.fetcher.tasks.pages import fetch_changelog, fetch_comments, fetch_worklogs
from services.fetcher.tasks.project import fetch_project
from services.fetcher.tasks.replay import replay
from shared.kinds import TaskKind

__all__ = ["FETCH", "TaskContext"]

FETCH: Final[Mapping[TaskKind, Callable[[TaskContext], Awaitable[Outcome]]]] = {
    TaskKind.PROJECT: fetch_project,
    TaskKind.CATALOG: fetch_catalog,
    TaskKind.BOARDS: fetch_boards,
    TaskKind.SPRINTS: fetch_sprints,
    TaskKind.LIST: list_issues,
    TaskKind.ISSUES: fetch_issues,
    TaskKind.COMMENTS: fetch_comments,
    TaskKind.WORKLOGS: fetch_worklogs,
    TaskKind.HISTORY: fetch_history,
    TaskKind.CHANGELOG: fetch_changelog,
    TaskKind.ATTACHMENTS: fetch_attachments,
    TaskKind.REMOTE_LINKS: fetch_remote_links,
    TaskKind.WATCHERS: fetch_watchers,
    TaskKind.VOTES: fetch_votes,
    TaskKind.REPLAY: replay,
}
