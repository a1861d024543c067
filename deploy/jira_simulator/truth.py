"""What is really on the site, whatever the routes answer: for tests that compare sets of ids."""

from collections.abc import Callable, Iterator
from typing import Any

from deploy.jira_simulator.data.model import Doc
from deploy.jira_simulator.world import World


def _entries(pick: Callable[[Doc], Any]) -> Callable[[Doc], Iterator[str]]:
    return lambda doc: (entry["id"] for entry in pick(doc))


KINDS: dict[str, Callable[[Doc], Iterator[str]]] = {
    "issues": lambda doc: iter((str(doc.id),)),
    "comments": _entries(lambda doc: doc.comments),
    "worklogs": _entries(lambda doc: doc.worklogs),
    "histories": _entries(lambda doc: doc.histories),
    "attachments": _entries(lambda doc: doc.fields.get("attachment") or ()),
    "links": _entries(lambda doc: doc.fields.get("issuelinks") or ()),
    "remote_links": lambda doc: (str(entry["id"]) for entry in doc.remote_links),
    "labels": lambda doc: iter(doc.fields.get("labels") or ()),
}
_UNIQUE = frozenset({"links"})  # each link is seen from both ends


def ids(world: World, project: int, kind: str) -> Iterator[str]:
    seen: set[str] = set()
    for doc in _docs(world, project):
        for identity in KINDS[kind](doc):
            if kind in _UNIQUE:
                if identity in seen:
                    continue
                seen.add(identity)
            yield identity


def counts(world: World, project: int) -> dict[str, int]:
    found = dict.fromkeys(KINDS, 0)
    links: set[str] = set()
    for doc in _docs(world, project):
        for kind in ("issues", "attachments", "remote_links", "labels"):
            found[kind] += sum(1 for _ in KINDS[kind](doc))
        # The long lists know their length without being made.
        found["comments"] += len(doc.comments)
        found["worklogs"] += len(doc.worklogs)
        found["histories"] += len(doc.histories)
        links.update(KINDS["links"](doc))
    return found | {"links": len(links)}


def _docs(world: World, project: int) -> Iterator[Doc]:
    shape = world.shape(gateway=False)
    for offset in range(world.site.size(project)):
        yield world.site.doc(world.site.row(project, offset).id, shape)
