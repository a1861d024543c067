"""Boards and sprints, and how issues name their sprints."""

from typing import Any

from deploy.jira_simulator.data.model import Json, Project, Shape
from deploy.jira_simulator.data.moments import to_utc

SPRINT_FIELD = "customfield_10020"
_DAY = 86_400_000
_KANBAN = 1000  # ids of kanban boards are so much higher than those of scrum boards
_STRAY = 7000  # ids of sprints that no board shows
_NAMES = ("Sprint 1", "Sprint 2, part [b]=c", "Sprint 3", "Sprint 4")


def boards(number: int, project: Project) -> list[Json]:
    """A project's boards: one that plans in sprints, one that does not."""
    place = {"projectId": int(project.id), "projectKey": project.key, "projectName": project.name}
    return [
        {"id": number + 1, "name": f"{project.key} board", "type": "scrum", "location": place},
        {
            "id": _KANBAN + number + 1,
            "name": f"{project.key} support, kanban",
            "type": "kanban",
            "location": place,
        },
    ]


def sprints(number: int) -> list[Json]:
    """The sprints of a project's scrum board: two closed, one active, one to come."""
    return [
        _sprint(number * 4 + place + 1, _NAMES[place], state, number + 1, place)
        for place, state in enumerate(("closed", "closed", "active", "future"))
    ]


def stray_sprint(number: int) -> Json:
    """A sprint whose board is gone: issues still name it."""
    return _sprint(_STRAY + number, "Long ago], id=5, state=FUTURE", "closed", 9999, 0)


def _sprint(identity: int, name: str, state: str, board: int, place: int) -> Json:
    start = 1_330_000_000_000 + place * 14 * _DAY
    sprint: Json = {"id": identity, "name": name, "state": state, "goal": ""}
    sprint |= {"originBoardId": board}
    if state != "future":
        sprint |= {"startDate": to_utc(start), "endDate": to_utc(start + 14 * _DAY)}
    if state == "closed":
        sprint["completeDate"] = to_utc(start + 14 * _DAY)
    return sprint


def sprint_value(sprint: Json, shape: Shape) -> Any:
    """How an issue names a sprint: an object on Cloud, the agile plug-in's old string on Data Center."""
    if shape.cloud:
        shown = {name: value for name, value in sprint.items() if name != "originBoardId"}
        return shown | {"boardId": sprint.get("originBoardId")}
    shown = {
        "id": sprint["id"],
        "rapidViewId": sprint.get("originBoardId", "<null>"),
        "state": sprint["state"].upper(),
        "name": sprint["name"],
        "startDate": sprint.get("startDate", "<null>"),
        "endDate": sprint.get("endDate", "<null>"),
        "completeDate": sprint.get("completeDate", "<null>"),
        "activatedDate": sprint.get("startDate", "<null>"),
        "sequence": sprint["id"],
        "goal": sprint.get("goal", ""),
    }
    inside = ",".join(f"{name}={value}" for name, value in shown.items())
    return f"com.atlassian.greenhopper.service.sprint.Sprint@2f6c[{inside}]"
