"""What stands in the history of an issue."""

from typing import Any

from deploy.jira_simulator.data.model import Project

Named = tuple[str | None, str | None]
_NOTHING: Named = (None, None)


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
