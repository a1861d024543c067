"""Custom fields of a generated site: one of every type that importers meet, and values for an issue."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from deploy.jira_simulator.data.agile import SPRINT_FIELD
from deploy.jira_simulator.data.model import Json, Shape
from deploy.jira_simulator.data.moments import to_day, to_jira

EPIC_LINK, EPIC_NAME, FLAGGED = "customfield_10014", "customfield_10011", "customfield_10021"
_PLATFORM = "com.atlassian.jira.plugin.system.customfieldtypes"
_SOFTWARE = "com.pyxis.greenhopper.jira"
# Number, name, type of the value, type of the field, type of an array's members.
DEFINED: tuple[tuple[int, str, str, str, str | None], ...] = (
    (10010, "Request Type", "sd-customerrequesttype", "com.atlassian.servicedesk:vp-origin", None),
    (10011, "Epic Name", "string", f"{_SOFTWARE}:gh-epic-label", None),
    (10014, "Epic Link", "any", f"{_SOFTWARE}:gh-epic-link", None),
    (10016, "Story Points", "number", f"{_PLATFORM}:float", None),
    (10017, "Story point estimate", "number", f"{_SOFTWARE}:jsw-story-points", None),
    (10019, "Rank", "any", f"{_SOFTWARE}:gh-lexo-rank", None),
    (10020, "Sprint", "array", f"{_SOFTWARE}:gh-sprint", "json"),
    (10021, "Flagged", "array", f"{_PLATFORM}:multicheckboxes", "option"),
    (10030, "Severity", "option", f"{_PLATFORM}:select", None),
    (10031, "Browsers", "array", f"{_PLATFORM}:multicheckboxes", "option"),
    (10032, "Customer", "string", f"{_PLATFORM}:textfield", None),
    (10033, "Steps to reproduce", "string", f"{_PLATFORM}:textarea", None),
    (10034, "Target date", "date", f"{_PLATFORM}:datepicker", None),
    (10035, "Observed at", "datetime", f"{_PLATFORM}:datetime", None),
    (10036, "Reviewer", "user", f"{_PLATFORM}:userpicker", None),
    (10037, "Keywords", "array", f"{_PLATFORM}:labels", "string"),
    (10038, "Documentation", "string", f"{_PLATFORM}:url", None),
    (10039, "Region", "option-with-child", f"{_PLATFORM}:cascadingselect", None),
    (10040, "Seen in", "array", f"{_PLATFORM}:multiversion", "version"),
    (10041, "Escalation", "any", "com.example.escalation:escalation-field", None),
    (10042, "Severity", "string", f"{_PLATFORM}:textfield", None),
    (10043, "Platforms", "array", f"{_PLATFORM}:multiselect", "option"),
    (10044, "Risk", "option", f"{_PLATFORM}:radiobuttons", None),
    (10045, "Testers", "array", f"{_PLATFORM}:multiuserpicker", "user"),
    (10046, "Owning group", "group", f"{_PLATFORM}:grouppicker", None),
    (10047, "Informed groups", "array", f"{_PLATFORM}:multigrouppicker", "group"),
    (10048, "Needed for", "version", f"{_PLATFORM}:version", None),
    (10049, "Partner project", "project", f"{_PLATFORM}:project", None),
)
# Of a team-managed project: a name that the site has too, and a field of its own.
TEAM_MANAGED = (10060, "Severity", "option", f"{_PLATFORM}:select", None)
Child = tuple[int, str]
# By the number of the field: number and text of each option, and those below it.
OPTIONS: dict[int, tuple[tuple[int, str, tuple[Child, ...]], ...]] = {
    10021: ((10100, "Impediment", ()),),
    10030: ((10110, "Low", ()), (10111, "Medium", ()), (10112, "High", ()), (10113, "Blocker", ())),
    10031: ((10120, "Firefox", ()), (10121, "Chrome", ()), (10122, "Safari", ())),
    10039: ((10130, "Europe", ((10131, "North"), (10132, "South"))),),
    10043: ((10140, "Linux", ()), (10141, "Windows", ()), (10142, "macOS", ())),
    10060: ((10160, "Sev 1", ()), (10161, "Sev 2", ())),
    10044: ((10150, "Tolerable", ()), (10151, "Serious", ())),
}


@dataclass(frozen=True, slots=True)
class Ground:
    """What the values of one issue are made of; `person` and `body` take any number."""

    shape: Shape
    dice: int
    position: int
    updated: int
    person: Callable[[int], Any]
    body: Callable[[int, str], Any]
    project: Any
    versions: Sequence[Any]
    sprints: Sequence[Any]
    team_managed: bool = False

    def option(self, field: int, number: int) -> Json:
        identity, value, _ = OPTIONS[field][number]
        return self._chosen(identity, value)

    def option_with_child(self, field: int, number: int, which: int) -> Json:
        return {**self.option(field, number), "child": self._chosen(*OPTIONS[field][number][2][which])}

    def _chosen(self, identity: int, value: str) -> Json:
        address = f"{self.shape.api}/customFieldOption/{identity}"
        return {"self": address, "value": value, "id": str(identity)}


def values(ground: Ground) -> dict[str, Any]:
    """Every issue has some of them."""
    return _everyday(ground) | _chosen(ground) | _people(ground)


def _everyday(ground: Ground) -> dict[str, Any]:
    dice, updated = ground.dice, ground.updated
    return {
        "customfield_10016": (1.0, 2.0, 3.0, 5.0, 8.0, None)[dice % 6],
        "customfield_10017": 0.5 if dice % 7 == 3 else None,
        "customfield_10019": f"0|i{dice % 100_000:05d}:",
        SPRINT_FIELD: list(ground.sprints) or None,
        "customfield_10032": f"Customer {dice % 40}" if dice % 4 else None,
        "customfield_10033": ground.body(dice >> 12, "Steps, in order.") if dice % 11 == 0 else None,
        "customfield_10034": to_day(updated) if dice % 6 == 1 else None,
        "customfield_10035": to_jira(updated) if dice % 6 == 2 else None,
        "customfield_10037": ["alpha", "beta"] if dice % 8 == 1 else None,
        "customfield_10038": "https://example.com/docs" if dice % 8 == 2 else None,
        "customfield_10041": {"level": dice % 3, "note": "kept as it is"} if dice % 9 == 2 else None,
        "customfield_10042": "as the customer said" if dice % 9 == 3 else None,
    }


def _chosen(ground: Ground) -> dict[str, Any]:
    dice = ground.dice
    region = ground.option_with_child(10039, 0, dice % 2)
    own = {"customfield_10060": ground.option(10060, dice % 2)} if ground.team_managed else {}
    return own | {
        FLAGGED: [ground.option(10021, 0)] if dice % 13 == 4 else None,
        "customfield_10030": ground.option(10030, dice % 3),
        "customfield_10031": [ground.option(10031, number) for number in range(dice % 4)] or None,
        "customfield_10039": (region if dice % 4 else ground.option(10039, 0)) if dice % 9 == 0 else None,
        "customfield_10043": [ground.option(10043, 2), ground.option(10043, 0)] if dice % 10 == 1 else None,
        "customfield_10044": ground.option(10044, dice % 2) if dice % 10 == 2 else None,
    }


def _people(ground: Ground) -> dict[str, Any]:
    dice, person = ground.dice, ground.person
    return {
        "customfield_10010": _request_type(ground.shape) if dice % 14 == 5 else None,
        "customfield_10036": person(dice >> 24) if dice % 4 == 1 else None,
        "customfield_10040": list(ground.versions[1:3]) if dice % 9 == 1 else None,
        "customfield_10045": [person(dice >> 28), person(dice >> 32)] if dice % 10 == 3 else None,
        "customfield_10046": _group(ground.shape, "staff") if dice % 10 == 4 else None,
        "customfield_10047": [_group(ground.shape, name) for name in ("staff", "support, first line")]
        if dice % 10 == 5
        else None,
        "customfield_10048": ground.versions[2] if dice % 10 == 6 else None,
        "customfield_10049": ground.project if dice % 10 == 7 else None,
    }


def _group(shape: Shape, name: str) -> Json:
    group = {"name": name, "self": f"{shape.api}/group?groupname={name.replace(' ', '+')}"}
    return group | ({"groupId": f"00000000-0000-4000-8000-{len(name):012d}"} if shape.cloud else {})


def _request_type(shape: Shape) -> Json:
    address = f"{shape.root}/rest/servicedeskapi/servicedesk/1/requesttype/11"
    request_type = {"id": "11", "_links": {"self": address}, "name": "Get help", "description": ""}
    status = {"status": "Waiting for support", "statusCategory": "INDETERMINATE"}
    return {"_links": {}, "requestType": {**request_type, "serviceDeskId": "1"}, "currentStatus": status}
