"""What hangs on a generated issue: comments, worklogs, history, remote links."""

from typing import Any, NamedTuple

from deploy.jira_simulator.data.changes import change, moved
from deploy.jira_simulator.data.model import Project
from deploy.jira_simulator.data.moments import to_jira
from deploy.jira_simulator.data.plan import HUB_IDS, Spread, mix
from deploy.jira_simulator.data.render import Pools

OLD = "OLD"  # what the keys of moved issues began with before
_FIRST_ENTRY = 100_000
_ENTRIES = 8  # room for an ordinary issue's comments, worklogs or histories
_MINUTE = 60_000
_HOUR = 60 * _MINUTE
_ROLE = {"type": "role", "value": "Administrators", "identifier": "10002"}
_GROUP = {"type": "group", "value": "staff", "identifier": "staff"}


class Spot(NamedTuple):
    """One issue: where it stands, and what it is called."""

    project: int
    position: int
    ordinal: int
    id: int
    key: str


class Entries:
    """Makes the entries of issues for one shape, by their number."""

    def __init__(self, spread: Spread, projects: list[Project], pools: Pools) -> None:
        self._spread = spread
        self._projects = projects
        self._pools = pools

    def comment(self, spot: Spot, number: int) -> dict[str, Any]:
        identity, dice = self._id(spot, number), mix(self._spread.seed, spot.ordinal, number, 8)
        written = self._spread.created(spot.ordinal) + (number + 1) * 10 * _MINUTE
        edited = dice % 13 == 3
        comment = {
            "self": f"{self._pools.shape.api}/issue/{spot.id}/comment/{identity}",
            "id": identity,
            "author": self._pools.person(dice),
            "body": self._pools.body(dice >> 8, f"Comment {number + 1} on {spot.key}."),
            "updateAuthor": self._pools.person(dice + edited),
            "created": to_jira(written),
            "updated": to_jira(written + edited * _HOUR),
        }
        restricted = {0: {"visibility": _ROLE}, 1: {"visibility": _GROUP}}.get(dice % 31, {})
        return {**comment, **restricted, **self._publicity(spot, dice)}

    def _publicity(self, spot: Spot, dice: int) -> dict[str, Any]:
        """Whether customers of a service project may read a comment; Data Center hides it in a property."""
        is_internal = self._projects[spot.project].is_service and dice % 4 == 0
        if self._pools.shape.cloud:
            return {"jsdPublic": not is_internal}
        if not self._projects[spot.project].is_service:
            return {}
        return {"properties": [{"key": "sd.public.comment", "value": {"internal": is_internal}}]}

    def worklog(self, spot: Spot, number: int) -> dict[str, Any]:
        identity, dice = self._id(spot, number), mix(self._spread.seed, spot.ordinal, number, 9)
        started = to_jira(self._spread.created(spot.ordinal) + (number + 1) * _HOUR)
        worklog = {
            "self": f"{self._pools.shape.api}/issue/{spot.id}/worklog/{identity}",
            "author": self._pools.person(dice),
            "updateAuthor": self._pools.person(dice),
            "comment": self._pools.body(dice >> 8, f"Work {number + 1} on {spot.key}."),
            "created": started,
            "updated": started,
            "started": started,
            "timeSpent": "1h",
            "timeSpentSeconds": 3600,
            "id": identity,
            "issueId": str(spot.id),
        }
        return {**worklog, **({"visibility": _GROUP} if dice % 29 == 0 else {})}

    def history(self, spot: Spot, number: int) -> dict[str, Any]:
        moment = to_jira(self._spread.created(spot.ordinal) + (number + 1) * 15 * _MINUTE)
        return {
            "id": self._id(spot, number),
            "author": self._pools.person(spot.ordinal + number),
            "created": moment,
            "items": self._changes(spot, number),
        }

    def _changes(self, spot: Spot, number: int) -> list[dict[str, Any]]:
        cloud = self._pools.shape.cloud
        if number == 0 and self._spread.was_moved(spot.position):
            return moved(self._projects[spot.project], f"{OLD}{spot.key}", spot.key)
        if number == 1 and self._spread.has_remote_links(spot.position):
            field = "RemoteWorkItemLink" if cloud else "RemoteIssueLink"
            return [change(field, to=(str(spot.id), f'This issue links to "Page {spot.ordinal} (Web Link)"'))]
        old, new = (("10000", "To Do"), ("3", "In Progress"))[:: 1 if number % 2 == 0 else -1]
        return [change("status", old, new) | ({"fieldId": "status"} if cloud else {})]

    def remote_links(self, spot: Spot) -> list[dict[str, Any]]:
        if not self._spread.has_remote_links(spot.position):
            return []
        address = f"https://example.com/wiki/{spot.ordinal}"
        target = {"url": address, "title": f"Page {spot.ordinal}", "summary": "", "icon": {}, "status": {}}
        return [
            {
                "id": spot.id,
                "self": f"{self._pools.shape.api}/issue/{spot.id}/remotelink/{spot.id}",
                "globalId": f"system={address}",
                "relationship": "mentioned in",
                "application": {},
                "object": target,
            }
        ]

    def _id(self, spot: Spot, number: int) -> str:
        if self._spread.is_hub(spot.project, spot.position):
            return str(HUB_IDS + number)
        return str(_FIRST_ENTRY + spot.ordinal * _ENTRIES + number)
