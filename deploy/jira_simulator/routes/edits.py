"""Edits from outside while somebody reads: add, edit, comment, move, hide, delete."""

from typing import Any

from deploy.jira_simulator.data import moments
from deploy.jira_simulator.data.bodies import document
from deploy.jira_simulator.world import World


def apply(world: World, edits: list[dict[str, Any]]) -> list[str]:
    """Applies each edit; returns the ids of the touched issues, raises ValueError for nonsense."""
    return [str(_apply(world, edit)) for edit in edits]


def _apply(world: World, edit: dict[str, Any]) -> int:
    kind = edit.get("op")
    if kind == "add":
        return world.site.add(
            _project(world, edit["project"]), dict(edit.get("fields", {})), edit.get("created")
        )
    if kind == "show":
        return world.site.show(str(edit["key"]))
    issue = world.site.find(str(edit.get("key", "")))
    if issue is None:
        raise ValueError(f"no issue to edit: {edit.get('key')!r}")
    if kind == "edit":
        world.site.change(issue).fields |= edit["fields"]
    elif kind in ("delete", "hide"):  # to the one who reads they look the same
        world.site.delete(issue)
    elif kind == "move":
        world.site.move(issue, _project(world, edit["project"]))
    elif kind == "comment":
        change = world.site.change(issue, silently=bool(edit.get("silently")))
        change.comments.append(_comment(world, str(edit["body"])))
    elif kind == "delete-comment":
        world.site.change(issue).dropped_comments.add(str(edit["comment"]))
    else:
        raise ValueError(f"unknown edit {kind!r}")
    return issue


def _project(world: World, key: str) -> int:
    for number, project in enumerate(world.site.projects):
        if project.key == key:
            return number
    raise ValueError(f"unknown project {key!r}")


def _comment(world: World, text: str) -> dict[str, Any]:
    moment = moments.to_jira(moments.now())
    author = world.site.data.users(world.shape(gateway=False))[0]
    body = document(text) if world.config.cloud else text
    dates = {"created": moment, "updated": moment}
    return {"id": world.site.take_entry_id(), "author": author, "updateAuthor": author, "body": body, **dates}
