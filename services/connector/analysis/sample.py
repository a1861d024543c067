"""Some of the oldest and newest issues of each project: what is used, and how much, as they tell."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from services.connector.in_time import in_time
from services.connector.schemas.projects import Usage
from shared.errors import PermanentError, TransientError
from shared.jira.client import JiraClient
from shared.jira.endpoints import CLOUD_SEARCH, DC_SEARCH
from shared.kinds import Deployment
from shared.logging import get_logger

log = get_logger("jira")

Fields = Mapping[str, Any]

PATIENCE: Final = 1.0  # seconds: the whole analysis should take two
_ISSUES: Final = 400  # in all
_PROJECTS: Final = 40  # more are not sampled
# Long texts and lists say nothing about how an issue is made up.
_UNWANTED: Final = (
    "description",
    "environment",
    "comment",
    "worklog",
    "attachment",
    "issuelinks",
    "subtasks",
)
_WANTED: Final = ["*all", *(f"-{name}" for name in _UNWANTED)]
_PEOPLE: Final = ("assignee", "reporter", "creator")


@dataclass(frozen=True, slots=True)
class Sample:
    """The fields of the sampled issues, and how many issues there are, by project."""

    issues: Mapping[str, Sequence[Fields]]
    counts: Mapping[str, int]

    @property
    def size(self) -> int:
        """How many issues were looked at."""
        return sum(len(found) for found in self.issues.values())

    @property
    def total(self) -> int:
        """How many there are."""
        return sum(self.counts.values())

    @property
    def exact(self) -> bool:
        """Whether every issue was looked at."""
        return all(len(self.issues.get(key, ())) >= count for key, count in self.counts.items())

    def usage(self, used_by: Callable[[Fields], Iterable[str]]) -> Callable[[str], Usage]:
        """Return a look-up of how many issues use something; of a large project, an estimate."""
        found = {
            key: Counter(one for fields in issues for one in set(used_by(fields)))
            for key, issues in self.issues.items()
        }

        def of(name: str) -> Usage:
            estimates = (
                counter[name] * max(1.0, self.counts.get(key, 0) / len(self.issues[key]))
                for key, counter in found.items()
                if counter[name]
            )
            return Usage(
                issues=round(sum(estimates)),
                found=sum(counter[name] for counter in found.values()),
                sampled=self.size,
                exact=self.exact,
            )

        return of

    def people(self) -> Iterable[Mapping[str, Any]]:
        """Yield those who wrote issues or are to solve them, each as often as named."""
        for fields in self.all():
            yield from (fields[name] for name in _PEOPLE if isinstance(fields.get(name), Mapping))

    def all(self) -> Iterable[Fields]:
        """Yield the fields of each issue."""
        for issues in self.issues.values():
            yield from issues


async def sampled(
    client: JiraClient, deployment: Deployment, keys: Sequence[str], *, open_only: bool
) -> dict[str, list[Fields]]:
    """Return the fields of some issues by project, as far as they came in time: two requests a project."""
    chosen = keys[:_PROJECTS]
    most = max(10, min(100, _ISSUES // (2 * max(1, len(chosen)))))
    asked = {
        (key, order): _page(client, deployment, key, order, open_only=open_only, most=most)
        for key in chosen
        for order in ("ASC", "DESC")
    }
    found: dict[str, dict[str, Fields]] = {}
    for (key, _), issues in (await in_time("samples", asked, patience=PATIENCE)).items():
        found.setdefault(key, {}).update(issues)
    return {key: list(issues.values()) for key, issues in found.items()}


async def _page(
    client: JiraClient, deployment: Deployment, key: str, order: str, *, open_only: bool, most: int
) -> dict[str, Fields]:
    still_open = " AND statusCategory != Done" if open_only else ""
    jql = f'project = "{key}"{still_open} ORDER BY created {order}'
    endpoint = CLOUD_SEARCH if deployment is Deployment.CLOUD else DC_SEARCH
    try:
        answer = await client.post(endpoint, {"jql": jql, "fields": _WANTED, "maxResults": most})
    except (PermanentError, TransientError) as error:
        log.warning("sample_refused", project=key, jira_message=getattr(error, "jira_message", str(error)))
        return {}
    return {str(issue["id"]): issue.get("fields") or {} for issue in answer.get("issues") or ()}
