"""What is really on the site, whatever the routes answer: for tests that compare sets of ids."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from deploy.jira_simulator.data.model import Doc, Shape
from deploy.jira_simulator.world import World

# The long lists know their length without being made, and each entry belongs to one issue.
_LONG: dict[str, Callable[[Doc], Sequence[Any]]] = {
    "comments": lambda doc: doc.comments,
    "worklogs": lambda doc: doc.worklogs,
    "histories": lambda doc: doc.histories,
}
# What issues name, some of it several of them (a link is seen from both ends).
_NAMED: dict[str, Callable[[Doc], Iterable[str]]] = {
    "issues": lambda doc: (str(doc.id),),
    "attachments": lambda doc: _ids(doc.fields.get("attachment") or ()),
    "links": lambda doc: _ids(doc.fields.get("issuelinks") or ()),
    "remote_links": lambda doc: _ids(doc.remote_links),
    "watchers": lambda doc: (str(doc.id),) if doc.watchers else (),  # by the issue, as votes
    "votes": lambda doc: (str(doc.id),) if doc.voters else (),
    # A child and its parent, in whatever way Jira names it.
    "parents": lambda doc: (f"{doc.id}<{doc.parent}",) if doc.parent else (),
    "sprints": lambda doc: map(str, doc.sprints),
    "labels": lambda doc: doc.fields.get("labels") or (),
}
# Only for tests that name it: every comment has to be made.
_COSTLY: dict[str, Callable[[Doc], Iterable[str]]] = {
    # Comments that customers of a service project may not read.
    "internal_comments": lambda doc: _ids(comment for comment in doc.comments if _is_internal(comment)),
}
# What a project or the site defines, used or not.
_DEFINED: dict[str, Callable[[World, int], Sequence[Any]]] = {
    "versions": lambda world, project: world.site.data.versions(project, _shape(world)),
    "components": lambda world, project: world.site.data.components(project, _shape(world)),
    "issue_types": lambda world, project: world.site.data.types(project),
    "statuses": lambda world, project: world.site.data.statuses(project),
    "priorities": lambda world, _project: world.site.data.catalog.priorities,
    "resolutions": lambda world, _project: world.site.data.catalog.resolutions,
    "link_types": lambda world, _project: world.site.data.catalog.link_types,
    "boards": lambda world, project: world.site.data.boards(project),
    "sprints": lambda world, project: _sprints(world, project),
    "security_levels": lambda world, _project: world.site.data.catalog.security_levels,
}
KINDS = _LONG.keys() | _NAMED.keys() | _COSTLY.keys() | _DEFINED.keys()


def ids(world: World, project: int, kind: str) -> Iterator[str]:
    """Each id of one of KINDS in a project, once."""
    if kind in _LONG:
        for doc in _docs(world, project):
            yield from _ids(_LONG[kind](doc))
        return
    seen = dict.fromkeys(_defined(world, project, kind))
    if names := _NAMED.get(kind) or _COSTLY.get(kind):
        seen |= {one: None for doc in _docs(world, project) for one in names(doc)}
    yield from seen


def counts(world: World, project: int) -> dict[str, int]:
    """How many ids a project has of each of KINDS that can be counted without making it."""
    lengths = dict.fromkeys(_LONG, 0)
    seen = {kind: set(_defined(world, project, kind)) for kind in _NAMED.keys() | _DEFINED.keys()}
    for doc in _docs(world, project):
        for kind, entries in _LONG.items():
            lengths[kind] += len(entries(doc))
        for kind, names in _NAMED.items():
            seen[kind].update(names(doc))
    return lengths | {kind: len(one) for kind, one in seen.items()}


def _defined(world: World, project: int, kind: str) -> Iterator[str]:
    return _ids(_DEFINED[kind](world, project)) if kind in _DEFINED else iter(())


def _sprints(world: World, project: int) -> list[Any]:
    data = world.site.data
    return [sprint for board in data.boards(project) for sprint in data.sprints(board["id"])]


def _ids(entries: Iterable[Any]) -> Iterator[str]:
    return (str(entry["id"]) for entry in entries)


def _is_internal(comment: Any) -> bool:
    properties = comment.get("properties", ())
    return comment.get("jsdPublic") is False or any(one["value"]["internal"] for one in properties)


def _docs(world: World, project: int) -> Iterator[Doc]:
    for offset in range(world.site.size(project)):
        yield world.site.doc(world.site.row(project, offset).id, _shape(world))


def _shape(world: World) -> Shape:
    return world.shape(gateway=False)
