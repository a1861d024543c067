"""Puts one generated issue together from its number and the encoded pools."""

from typing import Any
from urllib.parse import quote

from deploy.jira_simulator.config import Config
from deploy.jira_simulator.data import people
from deploy.jira_simulator.data.custom import EPIC_LINK, EPIC_NAME, Ground, values
from deploy.jira_simulator.data.model import Doc, File, Lazy, Project
from deploy.jira_simulator.data.moments import to_day, to_jira
from deploy.jira_simulator.data.plan import HUB_IDS, Spread, mix
from deploy.jira_simulator.data.render import Pools

_FIRST_ID = 10_000
_FIRST_FILE = 30_000
_FIRST_ENTRY = 100_000
_ENTRIES = 8  # room for an ordinary issue's comments, worklogs or histories
_LABELS = (
    "backend",
    "frontend",
    "regression",
    "ux",
    "docs",
    "performance",
    "security",
    "import",
    "api",
    "flaky",
)
_WORDS = (
    "save",
    "load",
    "export",
    "search",
    "login",
    "upload",
    "render",
    "retry",
    "filter",
    "merge",
    "import",
)
_THINGS = (
    "report",
    "invoice",
    "dashboard",
    "profile",
    "archive",
    "queue",
    "settings page",
    "table",
    "calendar",
)
_FILE_KINDS = (
    ("screen.png", "image/png"), ("log.txt", "text/plain"), ("Überblick (final).pdf", "application/pdf"),
    ("data.csv", "text/csv"),
)  # fmt: skip
OLD = "OLD"  # what the keys of moved issues began with before
_MINUTE = 60_000
_HOUR = 60 * _MINUTE
Named = tuple[str | None, str | None]
_NOTHING: Named = (None, None)


def kind_and_state(spread: Spread, project: int, position: int) -> tuple[str, int, str | None]:
    """Type name, number of the status, name of the resolution."""
    status = mix(spread.seed, spread.ordinal(project, position), 3) % 4
    return spread.type_of(position), status, "Done" if status == 3 else None


def file_of(config: Config, issue: int, attachment: int) -> File:
    name, mime = _FILE_KINDS[attachment % len(_FILE_KINDS)]
    size = min(config.attachment_max_bytes, 200 + mix(config.seed, attachment, 4) % 400_000)
    return File(attachment, issue, name, mime, config.file_sizes.get(attachment, size))


class IssueMaker:
    """Makes issues for one shape."""

    def __init__(self, config: Config, spread: Spread, projects: list[Project], pools: Pools) -> None:
        self._config = config
        self._spread = spread
        self._projects = projects
        self.pools = pools

    @staticmethod
    def labels(spread: Spread, project: int, position: int) -> tuple[str, str]:
        chosen = mix(spread.seed, spread.ordinal(project, position), 5) % 10
        return _LABELS[chosen], _LABELS[(chosen + 3) % 10]

    def doc(self, project: int, position: int) -> Doc:
        ordinal = self._spread.ordinal(project, position)
        count = self._spread.count
        return Doc(
            id=_FIRST_ID + ordinal,
            key=self._key(project, position),
            fields=self._fields(project, position, ordinal),
            comments=Lazy(
                count("comments", project, position), lambda n: self._comment(project, position, n)
            ),
            worklogs=Lazy(
                count("worklogs", project, position), lambda n: self._worklog(project, position, n)
            ),
            histories=Lazy(
                count("histories", project, position), lambda n: self._history(project, position, n)
            ),
            watchers=[self._person(people.FORMER + n) for n in range(self._spread.watchers(position))],
            voters=[self._person(ordinal + n) for n in range(self._spread.votes(position))],
            remote_links=self._remote_links(position, ordinal),
            sprints=[identity for identity, _ in self._sprints(project, position)],
        )

    def _key(self, project: int, position: int) -> str:
        return f"{self._projects[project].key}-{position + 1}"

    def _person(self, number: int) -> Any:
        return self.pools.users[number % people.COUNT]

    def summary(self, ordinal: int) -> str:
        dice = mix(self._spread.seed, ordinal, 6)
        return f"{_WORDS[dice % 11].capitalize()} the {_THINGS[dice // 11 % 9]} (case {ordinal + 1})"

    def _fields(self, project: int, position: int, ordinal: int) -> dict[str, Any]:
        spread, pools = self._spread, self.pools
        dice = mix(spread.seed, ordinal, 7)
        kind, status, resolution = kind_and_state(spread, project, position)
        updated = spread.updated(ordinal)
        owned = pools.owned(project)
        key = self._key(project, position)
        fields = {
            "summary": self.summary(ordinal),
            "issuetype": pools.types[kind],
            "project": owned.itself,
            "priority": None if position % 17 == 16 else pools.priorities[dice % 6],
            "status": pools.statuses[status],
            "resolution": pools.resolution if resolution else None,
            "resolutiondate": to_jira(updated) if resolution else None,
            "created": to_jira(spread.created(ordinal)),
            "updated": to_jira(updated),
            "duedate": to_day(updated + 30 * 24 * _HOUR) if dice % 3 == 0 else None,
            "labels": list(self.labels(spread, project, position)),
            "assignee": None if dice % 7 == 0 else self._person(dice >> 8),
            "reporter": self._person(dice >> 16),
            "creator": self._person(dice >> 16),
            "components": owned.components[: dice % 3],
            "fixVersions": owned.versions[dice % 4 : dice % 4 + 2 - (dice >> 4) % 2],
            "versions": owned.versions[: (dice >> 6) % 2],
            "description": None if dice % 23 == 0 else pools.body(dice >> 20, f"The description of {key}."),
            "environment": None,
            "issuelinks": self._links(project, position),
            "subtasks": [self._brief(project, child) for child in spread.children(project, position)],
            "attachment": self._files(position, ordinal),
            "timeoriginalestimate": 4 * 3600 if dice % 2 else None,
            "timeestimate": 3600 if dice % 2 else None,
            "timespent": 3600 * spread.count("worklogs", project, position),
            "timetracking": {"timeSpentSeconds": 3600 * spread.count("worklogs", project, position)},
            "votes": {
                "self": f"{pools.shape.api}/issue/{key}/votes",
                "votes": spread.votes(position),
                "hasVoted": False,
            },
            "watches": {
                "self": f"{pools.shape.api}/issue/{key}/watchers",
                "watchCount": spread.watchers(position),
                "isWatching": False,
            },
            "security": pools.security_levels[dice % 2] if position % 97 == 13 else None,
        }
        return (
            fields | self._custom(project, position, dice, updated) | self._parents(project, position, kind)
        )

    def _sprints(self, project: int, position: int) -> list[tuple[int, Any]]:
        """Which sprints an issue names: their ids, and how it does so."""
        dice = mix(self._spread.seed, self._spread.ordinal(project, position), 7)
        named = self.pools.owned(project).sprints
        first = dice % 3
        chosen = named[first : first + 1 + (dice >> 9) % 2] if dice % 5 else []
        return [*chosen, *([named[-1]] if position % 80 == 23 else [])]

    def _custom(self, project: int, position: int, dice: int, updated: int) -> dict[str, Any]:
        owned = self.pools.owned(project)
        ground = Ground(
            shape=self.pools.shape,
            dice=dice,
            position=position,
            updated=updated,
            person=self._person,
            body=self.pools.body,
            project=owned.itself,
            versions=owned.versions,
            sprints=[shown for _, shown in self._sprints(project, position)],
        )
        return values(ground)

    def _parents(self, project: int, position: int, kind: str) -> dict[str, Any]:
        """`parent` on Cloud; on Data Center only for sub-tasks, and the epic link field for the rest."""
        above = self._spread.parent(project, position)
        if above is None:
            return {} if self.pools.shape.cloud else {EPIC_NAME: f"Epic {position // 50 + 1}"}
        if self.pools.shape.cloud or kind == "Sub-task":
            return {"parent": self._brief(project, above)}
        return {EPIC_LINK: self._key(project, above)}

    def _brief(self, project: int, position: int) -> dict[str, Any]:
        """An issue as others name it: parent, sub-task, end of a link."""
        kind, status, _ = kind_and_state(self._spread, project, position)
        ordinal = self._spread.ordinal(project, position)
        identity = str(_FIRST_ID + ordinal)
        fields = {"summary": self.summary(ordinal), "status": self.pools.statuses[status]}
        fields["issuetype"] = self.pools.types[kind]
        key = self._key(project, position)
        return {
            "id": identity,
            "key": key,
            "self": f"{self.pools.shape.api}/issue/{identity}",
            "fields": fields,
        }

    def _links(self, project: int, position: int) -> list[dict[str, Any]]:
        links = []
        for identity, other, place, outward in self._spread.links(project, position):
            side = "outwardIssue" if outward else "inwardIssue"
            kind = self.pools.link_types[identity % 2]
            address = f"{self.pools.shape.api}/issueLink/{identity}"
            links.append(
                {"id": str(identity), "self": address, "type": kind, side: self._brief(other, place)}
            )
        return links

    def _files(self, position: int, ordinal: int) -> list[dict[str, Any]]:
        if not self._config.attachments:
            return []
        first = _FIRST_FILE + ordinal * 4
        return [self._file(first + n, ordinal) for n in range(self._spread.files(position))]

    def _file(self, attachment: int, ordinal: int) -> dict[str, Any]:
        file = file_of(self._config, _FIRST_ID + ordinal, attachment)
        shape = self.pools.shape
        return attachment_json(file, shape.api, shape.root, cloud=shape.cloud) | {
            "author": self._person(attachment),
            "created": to_jira(self._spread.created(ordinal) + _MINUTE),
        }

    def _entry_id(self, project: int, position: int, number: int) -> str:
        if self._spread.is_hub(project, position):
            return str(HUB_IDS + number)
        return str(_FIRST_ENTRY + self._spread.ordinal(project, position) * _ENTRIES + number)

    def _comment(self, project: int, position: int, number: int) -> dict[str, Any]:
        ordinal = self._spread.ordinal(project, position)
        identity = self._entry_id(project, position, number)
        dice = mix(self._spread.seed, ordinal, number, 8)
        written = to_jira(self._spread.created(ordinal) + (number + 1) * 10 * _MINUTE)
        key = self._key(project, position)
        comment = {
            "self": f"{self.pools.shape.api}/issue/{_FIRST_ID + ordinal}/comment/{identity}",
            "id": identity,
            "author": self._person(dice),
            "body": self.pools.body(dice >> 8, f"Comment {number + 1} on {key}."),
            "updateAuthor": self._person(dice),
            "created": written,
            "updated": written,
        }
        if self.pools.shape.cloud:
            comment["jsdPublic"] = True
        if dice % 31 == 0:
            comment["visibility"] = {"type": "role", "value": "Administrators", "identifier": "10002"}
        return comment

    def _worklog(self, project: int, position: int, number: int) -> dict[str, Any]:
        ordinal = self._spread.ordinal(project, position)
        identity = self._entry_id(project, position, number)
        dice = mix(self._spread.seed, ordinal, number, 9)
        started = to_jira(self._spread.created(ordinal) + (number + 1) * _HOUR)
        return {
            "self": f"{self.pools.shape.api}/issue/{_FIRST_ID + ordinal}/worklog/{identity}",
            "author": self._person(dice),
            "updateAuthor": self._person(dice),
            "comment": self.pools.body(dice >> 8, f"Work {number + 1} on {self._key(project, position)}."),
            "created": started,
            "updated": started,
            "started": started,
            "timeSpent": "1h",
            "timeSpentSeconds": 3600,
            "id": identity,
            "issueId": str(_FIRST_ID + ordinal),
        }

    def _history(self, project: int, position: int, number: int) -> dict[str, Any]:
        ordinal = self._spread.ordinal(project, position)
        moment = to_jira(self._spread.created(ordinal) + (number + 1) * 15 * _MINUTE)
        identity = self._entry_id(project, position, number)
        return {
            "id": identity,
            "author": self._person(ordinal + number),
            "created": moment,
            "items": self._changes(project, position, number),
        }

    def _changes(self, project: int, position: int, number: int) -> list[dict[str, Any]]:
        cloud = self.pools.shape.cloud
        if number == 0 and self._spread.was_moved(position):
            return moved(
                self._projects[project], f"{OLD}{self._key(project, position)}", self._key(project, position)
            )
        if number == 1 and self._spread.has_remote_links(position):
            field = "RemoteWorkItemLink" if cloud else "RemoteIssueLink"
            page = f'This issue links to "Page {position} (Web Link)"'
            return [change(field, to=(str(_FIRST_ID + position), page))]
        old, new = (("10000", "To Do"), ("3", "In Progress"))[:: 1 if number % 2 == 0 else -1]
        return [change("status", old, new) | ({"fieldId": "status"} if cloud else {})]

    def _remote_links(self, position: int, ordinal: int) -> list[dict[str, Any]]:
        if not self._spread.has_remote_links(position):
            return []
        number, address = _FIRST_ID + ordinal, f"https://example.com/wiki/{ordinal}"
        return [
            {
                "id": number,
                "self": f"{self.pools.shape.api}/issue/{number}/remotelink/{number}",
                "globalId": f"system={address}",
                "relationship": "mentioned in",
                "application": {},
                "object": {
                    "url": address,
                    "title": f"Page {ordinal}",
                    "summary": "",
                    "icon": {},
                    "status": {},
                },
            }
        ]


def change(field: str, old: Named = _NOTHING, to: Named = _NOTHING) -> dict[str, Any]:
    """One item of a history entry: ids beside what Jira showed."""
    return {
        "field": field,
        "fieldtype": "jira",
        "from": old[0],
        "fromString": old[1],
        "to": to[0],
        "toString": to[1],
    }


def moved(project: Project, old_key: str, key: str) -> list[dict[str, Any]]:
    """What a move writes into the history: the old project is gone, its key is not."""
    return [
        change("project", ("9999", "A former project"), (project.id, project.name)),
        change("Key", (None, old_key), (None, key)),
    ]


def attachment_json(file: File, api: str, root: str, *, cloud: bool) -> dict[str, Any]:
    """The metadata that does not depend on the data set; `content` is where each product keeps the bytes."""
    content = (
        f"{api}/attachment/content/{file.id}"
        if cloud
        else f"{root}/secure/attachment/{file.id}/{quote(file.name)}"
    )
    return {
        "self": f"{api}/attachment/{file.id}",
        "id": str(file.id),
        "filename": file.name,
        "size": file.size,
        "mimeType": file.mime,
        "content": content,
    }
