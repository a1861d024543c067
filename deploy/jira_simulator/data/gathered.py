"""The lists of a site (types, statuses, users, versions …) as far as its issues name them."""

from typing import Any

from deploy.jira_simulator.data.agile import SPRINT_FIELD
from deploy.jira_simulator.data.catalogs import field_named
from deploy.jira_simulator.data.custom import EPIC_LINK, FLAGGED
from deploy.jira_simulator.data.model import Catalog

_PEOPLE = ("creator", "reporter", "assignee")


class Gathered:
    def __init__(self) -> None:
        self.catalog = Catalog()
        self.users: dict[str, Any] = {}
        self.versions: dict[str, dict[str, Any]] = {}
        self.components: dict[str, dict[str, Any]] = {}
        self.sprints: dict[int, dict[str, Any]] = {}
        self.boards: dict[str, set[int]] = {}  # by project
        self._seen: set[tuple[str, str]] = set()

    def plan(self, fields: dict[str, Any], *, cloud: bool) -> None:
        """Turn what the agile API shows in the files into what Jira's own API has of it.

        Sprints are kept, and the issue names their ids; an epic is a parent on Cloud, else a key in a field.
        """
        named = [*(fields.pop("closedSprints", None) or ()), fields.pop("sprint", None)]
        for sprint in filter(None, named):
            self.sprints[sprint["id"]] = sprint
            if "originBoardId" in sprint:
                self.boards.setdefault(fields["project"]["key"], set()).add(sprint["originBoardId"])
        fields[SPRINT_FIELD] = [sprint["id"] for sprint in named if sprint] or None
        fields[FLAGGED] = [{"id": "10100", "value": "Impediment"}] if fields.pop("flagged", False) else None
        if epic := fields.pop("epic", None):
            above = {"id": str(epic["id"]), "key": epic["key"], "fields": {"summary": epic["summary"]}}
            fields |= {"parent": fields.get("parent") or above} if cloud else {EPIC_LINK: epic["key"]}

    def see(self, fields: dict[str, Any]) -> None:
        catalog, project = self.catalog, fields["project"]["key"]
        self._once(catalog.types, "type", fields["issuetype"])
        self._once(catalog.statuses, "status", fields["status"])
        self._once(catalog.priorities, "priority", fields.get("priority"))
        self._once(catalog.resolutions, "resolution", fields.get("resolution"))
        self._once(catalog.security_levels, "security", fields.get("security"))
        for link in fields.get("issuelinks") or ():
            self._once(catalog.link_types, "link", link["type"])
        for name in fields:
            if ("field", name) not in self._seen:
                self._seen.add(("field", name))
                catalog.fields.append(field_named(name))
        for version in [*(fields.get("versions") or ()), *(fields.get("fixVersions") or ())]:
            self.versions.setdefault(project, {})[version["id"]] = version
        for component in fields.get("components") or ():
            self.components.setdefault(project, {})[component["id"]] = component
        self._see_users(fields)

    def _see_users(self, fields: dict[str, Any]) -> None:
        authors = [fields.get(name) for name in _PEOPLE]
        for entry in [*fields["comment"], *(fields.get("attachment") or ())]:
            authors += [entry.get("author"), entry.get("updateAuthor")]
        for user in authors:
            if user:
                self.users.setdefault(user.get("accountId") or user["name"], user)

    def _once(self, into: list[Any], kind: str, value: Any) -> None:
        if value and (kind, value["id"]) not in self._seen:
            self._seen.add((kind, value["id"]))
            into.append(value)
