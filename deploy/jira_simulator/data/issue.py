"""Puts one generated issue together from its number and the encoded pools."""

from typing import Any

from deploy.jira_simulator.config import Config
from deploy.jira_simulator.data import people
from deploy.jira_simulator.data.custom import EPIC_LINK, EPIC_NAME, Ground, values
from deploy.jira_simulator.data.entries import Entries, Spot
from deploy.jira_simulator.data.files import attachment_json, file_of
from deploy.jira_simulator.data.model import Doc, Lazy, Project
from deploy.jira_simulator.data.moments import to_day, to_jira
from deploy.jira_simulator.data.plan import Spread, mix
from deploy.jira_simulator.data.render import Pools

FIRST_ID = 10_000
_FIRST_FILE = 30_000
_LABELS = (
    "backend", "frontend", "regression", "ux", "docs", "performance", "security", "import", "api",
    "flaky",
)  # fmt: skip
_WORDS = (
    "save", "load", "export", "search", "login", "upload", "render", "retry", "filter", "merge",
    "import",
)  # fmt: skip
_THINGS = (
    "report", "invoice", "dashboard", "profile", "archive", "queue", "settings page", "table",
    "calendar",
)  # fmt: skip
_MINUTE = 60_000
_DAY = 24 * 60 * _MINUTE


def kind_and_state(spread: Spread, project: int, position: int) -> tuple[str, int, str | None]:
    """Type name, number of the status, name of the resolution."""
    status = mix(spread.seed, spread.ordinal(project, position), 3) % 4
    return spread.type_of(position), status, "Done" if status == 3 else None


class IssueMaker:
    """Makes issues for one shape."""

    def __init__(self, config: Config, spread: Spread, projects: list[Project], pools: Pools) -> None:
        self._config = config
        self._spread = spread
        self._projects = projects
        self._entries = Entries(spread, projects, pools)
        self.pools = pools

    @staticmethod
    def labels(spread: Spread, project: int, position: int) -> tuple[str, str]:
        chosen = mix(spread.seed, spread.ordinal(project, position), 5) % 10
        return _LABELS[chosen], _LABELS[(chosen + 3) % 10]

    def doc(self, project: int, position: int) -> Doc:
        spot, count, entries = self._spot(project, position), self._spread.count, self._entries
        above = self._spread.parent(project, position)
        return Doc(
            id=spot.id,
            key=spot.key,
            make_fields=lambda: self._fields(spot),
            comments=Lazy(count("comments", project, position), lambda n: entries.comment(spot, n)),
            worklogs=Lazy(count("worklogs", project, position), lambda n: entries.worklog(spot, n)),
            histories=Lazy(count("histories", project, position), lambda n: entries.history(spot, n)),
            watchers=[self.pools.person(people.FORMER + n) for n in range(self._spread.watchers(position))],
            voters=[self.pools.person(spot.ordinal + n) for n in range(self._spread.votes(position))],
            remote_links=entries.remote_links(spot),
            sprints=[identity for identity, _ in self._sprints(spot)],
            parent=None if above is None else self._spot(project, above).id,
        )

    def _spot(self, project: int, position: int) -> Spot:
        ordinal = self._spread.ordinal(project, position)
        key = f"{self._projects[project].key}-{position + 1}"
        return Spot(project, position, ordinal, FIRST_ID + ordinal, key)

    def summary(self, ordinal: int) -> str:
        dice = mix(self._spread.seed, ordinal, 6)
        return f"{_WORDS[dice % 11].capitalize()} the {_THINGS[dice // 11 % 9]} (case {ordinal + 1})"

    def _fields(self, spot: Spot) -> dict[str, Any]:
        spread, pools, position = self._spread, self.pools, spot.position
        dice = mix(spread.seed, spot.ordinal, 7)
        kind, status, resolution = kind_and_state(spread, spot.project, position)
        updated = spread.updated(spot.ordinal)
        owned = pools.owned(spot.project)
        fields = {
            "summary": self.summary(spot.ordinal),
            "issuetype": owned.types[kind],
            "project": owned.itself,
            "priority": None if position % 17 == 16 else pools.priorities[dice % 6],
            "status": owned.statuses[status],
            "resolution": pools.resolution if resolution else None,
            "resolutiondate": to_jira(updated) if resolution else None,
            "created": to_jira(spread.created(spot.ordinal)),
            "updated": to_jira(updated),
            "duedate": to_day(updated + 30 * _DAY) if dice % 3 == 0 else None,
            "labels": list(self.labels(spread, spot.project, position)),
            "assignee": None if dice % 7 == 0 else pools.person(dice >> 8),
            "reporter": pools.person(dice >> 16),
            "creator": pools.person(dice >> 16),
            "components": owned.components[: dice % 3],
            "fixVersions": owned.versions[dice % 4 : dice % 4 + 2 - (dice >> 4) % 2],
            "versions": owned.versions[: (dice >> 6) % 2],
            "description": self._description(spot, dice),
            "environment": None,
            "issuelinks": self._links(spot),
            "subtasks": [
                self._brief(spot.project, child) for child in spread.children(spot.project, position)
            ],
            "attachment": self._files(spot),
            "security": pools.security_levels[dice % 2] if position % 97 == 13 else None,
        }
        return (
            fields | self._counted(spot, dice) | self._custom(spot, dice, updated) | self._parents(spot, kind)
        )

    def _description(self, spot: Spot, dice: int) -> Any:
        long = self._config.hub_description if self._spread.is_hub(spot.project, spot.position) else 0
        if dice % 23 == 0 and not long:
            return None
        return self.pools.body(dice >> 20, f"The description of {spot.key}.{' word' * (long // 5)}")

    def _counted(self, spot: Spot, dice: int) -> dict[str, Any]:
        """Times in seconds, and how many people care."""
        spent = 3600 * self._spread.count("worklogs", spot.project, spot.position)
        address = f"{self.pools.shape.api}/issue/{spot.key}"
        votes, watchers = self._spread.votes(spot.position), self._spread.watchers(spot.position)
        return {
            "timeoriginalestimate": 4 * 3600 if dice % 2 else None,
            "timeestimate": 3600 if dice % 2 else None,
            "timespent": spent,
            "timetracking": {"timeSpentSeconds": spent},
            "votes": {"self": f"{address}/votes", "votes": votes, "hasVoted": False},
            "watches": {"self": f"{address}/watchers", "watchCount": watchers, "isWatching": False},
        }

    def _sprints(self, spot: Spot) -> list[tuple[int, Any]]:
        """Which sprints an issue names: their ids, and how it does so."""
        dice = mix(self._spread.seed, spot.ordinal, 7)
        named = self.pools.owned(spot.project).sprints
        first = dice % 3
        chosen = named[first : first + 1 + (dice >> 9) % 2] if dice % 5 else []
        return [*chosen, *([named[-1]] if spot.position % 80 == 23 else [])]

    def _custom(self, spot: Spot, dice: int, updated: int) -> dict[str, Any]:
        owned = self.pools.owned(spot.project)
        ground = Ground(
            shape=self.pools.shape,
            dice=dice,
            position=spot.position,
            updated=updated,
            person=self.pools.person,
            body=self.pools.body,
            project=owned.itself,
            versions=owned.versions,
            sprints=[shown for _, shown in self._sprints(spot)],
            team_managed=self._projects[spot.project].team_managed,
        )
        return values(ground)

    def _parents(self, spot: Spot, kind: str) -> dict[str, Any]:
        """`parent` on Cloud; on Data Center only for sub-tasks, and the epic link field for the rest."""
        above = self._spread.parent(spot.project, spot.position)
        if above is None:
            return {} if self.pools.shape.cloud else {EPIC_NAME: f"Epic {spot.position // 50 + 1}"}
        if self.pools.shape.cloud or kind == "Sub-task":
            return {"parent": self._brief(spot.project, above)}
        return {EPIC_LINK: self._spot(spot.project, above).key}

    def _brief(self, project: int, position: int) -> dict[str, Any]:
        """An issue as others name it: parent, sub-task, end of a link."""
        kind, status, _ = kind_and_state(self._spread, project, position)
        spot, owned = self._spot(project, position), self.pools.owned(project)
        fields = {"summary": self.summary(spot.ordinal), "status": owned.statuses[status]}
        return {
            "id": str(spot.id),
            "key": spot.key,
            "self": f"{self.pools.shape.api}/issue/{spot.id}",
            "fields": fields | {"issuetype": owned.types[kind]},
        }

    def _links(self, spot: Spot) -> list[dict[str, Any]]:
        links = []
        for identity, other, place, outward in self._spread.links(spot.project, spot.position):
            side = "outwardIssue" if outward else "inwardIssue"
            kind = self.pools.link_types[identity % 2]
            address = f"{self.pools.shape.api}/issueLink/{identity}"
            links.append(
                {"id": str(identity), "self": address, "type": kind, side: self._brief(other, place)}
            )
        return links

    def _files(self, spot: Spot) -> list[dict[str, Any]]:
        if not self._config.attachments:
            return []
        first = _FIRST_FILE + spot.ordinal * 4
        return [self._file(first + n, spot) for n in range(self._spread.files(spot.position))]

    def _file(self, attachment: int, spot: Spot) -> dict[str, Any]:
        file, shape = file_of(self._config, spot.id, attachment), self.pools.shape
        return attachment_json(file, shape.api, shape.root, cloud=shape.cloud) | {
            "author": self.pools.person(attachment),
            "created": to_jira(self._spread.created(spot.ordinal) + _MINUTE),
        }
