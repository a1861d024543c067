"""Reading issues by their ids: what came, and what of the rest is known."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from services.fetcher.sessions import Session
from shared.jira.client import LARGEST_ANSWER
from shared.jira.endpoints import CLOUD_BULK_FETCH, DC_SEARCH
from shared.jira.entries import objects
from shared.jira.errors import JiraTooLargeError

_LARGE: Final = 4 * 2**20  # bytes of an answer, and many times that once it is parsed; usual are two
_LISTS: Final = ("comment", "worklog")
_ALL: Final = ("*all",)
_WITHOUT_LISTS: Final = ("*all", *(f"-{name}" for name in _LISTS))

Issues = dict[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Answer:
    """Issues by id; `refused`: Jira's words for some that it could not give; `odd`: it gave other things."""

    issues: Issues
    refused: Mapping[str, str]
    odd: bool = False

    def with_second(self, second: "Answer") -> "Answer":
        """Return this answer and that of a second try for what was left out."""
        return Answer(self.issues | second.issues, second.refused, second.odd)

    def reason(self, id_: str) -> str | None:
        """Return why an issue was left out; None for one that is gone: Jira is silent about those."""
        return self.refused.get(id_) or ("other things than issues came instead" if self.odd else None)


Read = Callable[[Session, Sequence[str], Sequence[str], int], Awaitable[Answer]]


async def read_issues(session: Session, ids: Sequence[str]) -> Answer:
    """Read up to a hundred issues with all fields (one request).

    Raises JiraTooLargeError for several issues that are more than a few megabytes. A single one comes without
    its comments and worklogs then, in a form that says so: see `truncated`.
    """
    read = _bulk_fetch if session.cloud else _search
    if answer := await _if_small(read, session, ids):
        return answer
    answer = await read(session, ids, _WITHOUT_LISTS, LARGEST_ANSWER)
    left_out: dict[str, Any] = {name: {} for name in _LISTS}
    issues: Issues = {
        id_: {**issue, "fields": {**(issue.get("fields") or {}), **left_out}}
        for id_, issue in answer.issues.items()
    }
    return Answer(issues, answer.refused, answer.odd)


async def _if_small(read: Read, session: Session, ids: Sequence[str]) -> Answer | None:
    """Read all of some issues; None for a single one that is too large.

    The error keeps this frame until the garbage collector comes: nothing that is read next may be in it.
    """
    try:
        return await read(session, ids, _ALL, _LARGE)
    except JiraTooLargeError:
        if len(ids) > 1:
            raise
        return None


async def _bulk_fetch(session: Session, ids: Sequence[str], fields: Sequence[str], at_most: int) -> Answer:
    asked = {"issueIdsOrKeys": list(ids), "fields": fields}
    answer = await session.jira.post(CLOUD_BULK_FETCH, asked, at_most=at_most)
    refused = {
        str(error.get("id")): str(error.get("errorMessage")) for error in objects(answer.get("issueErrors"))
    }
    return _answer(answer["issues"], refused)


async def _search(session: Session, ids: Sequence[str], fields: Sequence[str], at_most: int) -> Answer:
    """Data Center has no bulk fetch: ask JQL for the ids, tolerating those that are gone.

    Its total is not relied upon: fewer than asked for are all there are only if an empty page says so.
    """
    found: list[Any] = []
    while True:
        answer = await session.jira.post(
            DC_SEARCH,
            {
                "jql": f"id in ({','.join(ids)}) ORDER BY id ASC",
                "fields": fields,
                "expand": ["changelog"],
                "startAt": len(found),
                "maxResults": len(ids),
                "validateQuery": False,
            },
            at_most=at_most,
        )
        found += answer["issues"]
        if not answer["issues"] or len(found) >= len(ids):
            return _answer(found, {})


def _answer(given: Sequence[Any], refused: Mapping[str, str]) -> Answer:
    issues = [issue for issue in given if isinstance(issue, Mapping) and issue.get("id")]
    return Answer({str(issue["id"]): issue for issue in issues}, refused, odd=len(issues) < len(given))
