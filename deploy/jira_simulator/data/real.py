"""Files of real issues (one JSON object a line), kept as encoded bytes with a small index beside them."""

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from deploy.jira_simulator.config import Config
from deploy.jira_simulator.data import agile
from deploy.jira_simulator.data.cloudify import as_cloud
from deploy.jira_simulator.data.custom import EPIC_LINK
from deploy.jira_simulator.data.files import attachment_json
from deploy.jira_simulator.data.gathered import Gathered
from deploy.jira_simulator.data.model import Catalog, Doc, Facets, File, Project, Row, Shape
from deploy.jira_simulator.data.moments import from_jira

_UNKNOWN_CATEGORY = "No Category"


class _Entry(NamedTuple):
    row: Row
    key: str
    facets: Facets
    start: int
    stop: int


class Real:
    def __init__(self, config: Config) -> None:
        self._config = config
        self._entries: list[list[_Entry]] = []
        # All documents in one piece: 4,500 separate ones would leave the heap in shreds.
        self._raw = bytearray()
        self._files: dict[int, File] = {}
        self.projects: list[Project] = []
        self._gathered = Gathered()
        for path in config.data:
            for issue in _lines(path):
                self._add(issue)
        for entries in self._entries:
            entries.sort(key=lambda entry: entry.row)
        self._gathered.catalog.priorities.sort(key=lambda priority: int(priority["id"]))
        self._places = {
            entry.row.id: (project, position)
            for project, entries in enumerate(self._entries)
            for position, entry in enumerate(entries)
        }
        self._ids = {entry.key: entry.row.id for entries in self._entries for entry in entries}

    @property
    def catalog(self) -> Catalog:
        return self._gathered.catalog

    def size(self, project: int) -> int:
        return len(self._entries[project])

    def row(self, project: int, position: int) -> Row:
        return self._entries[project][position].row

    def locate(self, issue: int) -> tuple[int, int] | None:
        return self._places.get(issue)

    def locate_key(self, key: str) -> tuple[int, int] | None:
        return self._places.get(self._ids.get(key.upper(), -1))

    def key(self, project: int, position: int) -> str:
        return self._entries[project][position].key

    def doc(self, project: int, position: int, shape: Shape) -> Doc:
        entry = self._entries[project][position]
        fields = orjson.loads(memoryview(self._raw)[entry.start : entry.stop])
        comments = fields.pop("comment", [])
        sprints = fields.get(agile.SPRINT_FIELD) or []
        if sprints:
            known = self._gathered.sprints
            fields[agile.SPRINT_FIELD] = [agile.sprint_value(known[number], shape) for number in sprints]
        for attachment in fields.get("attachment") or ():
            file = self._files[int(attachment["id"])]
            shown = attachment_json(file, shape.api, shape.root, cloud=shape.cloud)
            attachment["content"] = shown["content"]
            if shape.cloud:
                attachment["self"] = shown["self"]
        parent = self._parent(fields)
        return Doc(entry.row.id, entry.key, lambda: fields, comments=comments, sprints=sprints, parent=parent)

    def _parent(self, fields: dict[str, Any]) -> int | None:
        """The parent or epic of an issue, if the files hold it."""
        if parent := fields.get("parent"):
            return int(parent["id"]) if int(parent["id"]) in self._places else None
        return self._ids.get(fields.get(EPIC_LINK) or "")

    def facets(self, project: int, position: int) -> Facets:
        return self._entries[project][position].facets

    def file(self, attachment: int) -> File | None:
        return self._files.get(attachment)

    def users(self, shape: Shape) -> list[Any]:
        return list(self._gathered.users.values())

    def versions(self, project: int, shape: Shape) -> list[Any]:
        return list(self._gathered.versions.get(self.projects[project].key, {}).values())

    def components(self, project: int, shape: Shape) -> list[Any]:
        return list(self._gathered.components.get(self.projects[project].key, {}).values())

    def types(self, project: int) -> list[Any]:
        return self.catalog.types

    def statuses(self, project: int) -> list[Any]:
        return self.catalog.statuses

    def boards(self, project: int) -> list[Any]:
        """A board over several projects is one; the files do not tell where it is at home."""
        numbers = self._gathered.boards.get(self.projects[project].key, ())
        return [{"id": number, "name": f"Board {number}", "type": "scrum"} for number in sorted(numbers)]

    def sprints(self, board: int) -> list[Any]:
        return [s for s in self._gathered.sprints.values() if s.get("originBoardId") == board]

    def _add(self, issue: dict[str, Any]) -> None:
        fields = issue["fields"]
        identity = int(issue["id"])
        self._keep_files(identity, fields)
        # The lists are the truth: the totals beside them count comments that are not in the files.
        fields["comment"] = (fields.get("comment") or {}).get("comments", [])
        self._gathered.plan(fields, cloud=self._config.cloud)
        if self._config.cloud:
            as_cloud(fields)
        self._gathered.see(fields)
        row = Row(from_jira(fields["created"]), identity)
        start = len(self._raw)
        self._raw += orjson.dumps(fields)
        entry = _Entry(row, issue["key"], _facets(fields), start, len(self._raw))
        self._entries[self._project(fields["project"])].append(entry)

    def _keep_files(self, issue: int, fields: dict[str, Any]) -> None:
        if not self._config.attachments:
            fields["attachment"] = []
        for attachment in fields.get("attachment") or ():
            attachment["size"] = min(attachment["size"], self._config.attachment_max_bytes)
            number = int(attachment["id"])
            name, mime = attachment["filename"], attachment["mimeType"]
            self._files[number] = File(number, issue, name, mime, attachment["size"])

    def _project(self, given: dict[str, Any]) -> int:
        for number, project in enumerate(self.projects):
            if project.key == given["key"]:
                return number
        category = given.get("projectCategory")
        self.projects.append(Project(given["id"], given["key"], given["name"], category=category))
        self._entries.append([])
        return len(self.projects) - 1


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rb") as file:
        for line in file:
            yield orjson.loads(line)


def _facets(fields: dict[str, Any]) -> Facets:
    status = fields["status"]
    resolution, parent = fields.get("resolution"), fields.get("parent")
    return Facets(
        updated=from_jira(fields["updated"]),
        type=fields["issuetype"]["name"],
        status=status["name"],
        category=status.get("statusCategory", {}).get("name", _UNKNOWN_CATEGORY),
        resolution=resolution["name"] if resolution else None,
        labels=tuple(fields.get("labels") or ()),
        parent=int(parent["id"]) if parent else None,
    )
