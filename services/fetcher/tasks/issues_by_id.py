"""Reading issues by their ids: what came, and what of the rest is known."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.fetcher.sessions import Session
from shared.jira.endpoints import CLOUD_BULK_FETCH, DC_SEARCH
from shared.jira.entries import objects

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


async def read_issues(session: Session, ids: Sequence[str]) -> Answer:
    """Read up to a hundred issues with all fields (one request)."""
    return await (_bulk_fetch if session.cloud else _search)(session, ids)


async def _bulk_fetch(session: Session, ids: Sequence[str]) -> Answer:
    answer = await session.jira.post(CLOUD_BULK_FETCH, {"issueIdsOrKeys": list(ids), "fields": ["*all"]})
    refused = {
        str(error.get("id")): str(error.get("errorMessage")) for error in objects(answer.get("issueErrors"))
    }
    return _answer(answer["issues"], refused)


async def _search(session: Session, ids: Sequence[str]) -> Answer:
    """Data Center has no bulk fetch: ask JQL for the ids, tolerating those that are gone."""
    found: list[Any] = []
    while True:
        answer = await session.jira.post(
            DC_SEARCH,
            {
                "jql": f"id in ({','.join(ids)}) ORDER BY id ASC",
                "fields": ["*all"],
                "expand": ["changelog"],
                "startAt": len(found),
                "maxResults": len(ids),
                "validateQuery": False,
            },
        )
        found += answer["issues"]
        if not answer["issues"] or len(found) >= answer["total"]:
            return _answer(found, {})


def _answer(given: Sequence[Any], refused: Mapping[str, str]) -> Answer:
    issues = [issue for issue in given if isinstance(issue, Mapping) and issue.get("id")]
    return Answer({str(issue["id"]): issue for issue in issues}, refused, odd=len(issues) < len(given))
