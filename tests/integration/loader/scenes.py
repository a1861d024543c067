"""What tests send to a loader, and how they look at what became of it."""

from dataclasses import replace
from typing import Any

from shared.contracts.events import EntityFetched, ProjectFetched
from shared.ids import entity_id
from shared.kinds import EntityKind, TaskKind
from shared.mongo import Document, Store
from shared.sink import COLLECTION_OF
from shared.state import State
from shared.state.findings import Finding
from shared.state.ledger import Task
from tests.integration.loader.conftest import World
from tests.unit.loader.entities import entity


def made(world: World, kind: EntityKind, id_: str, payload: dict[str, Any], **more: Any) -> EntityFetched:
    said: dict[str, Any] = {"import_id": world.import_id, "site": world.site, "updated": 1} | more
    return entity(kind, id_, payload, **said)


def marker(world: World, project_key: str) -> ProjectFetched:
    return ProjectFetched(import_id=world.import_id, site=world.site, project_id="1", project_key=project_key)


def later(world: World) -> World:
    """The same topics and the same site, for another import."""
    return replace(world, import_id=f"{world.import_id}-later")


async def fetched(store: Store, world: World, project_key: str, ids: dict[EntityKind, list[str]]) -> None:
    task = Task(world.import_id, project_key, TaskKind.ISSUES, "0")
    ledger = State(store).ledger
    await ledger.register([task])
    await ledger.finish(task, ids)


async def stored(store: Store, world: World, kind: EntityKind, id_: str) -> Document:
    found = await store.windshift[COLLECTION_OF[kind]].find_one({"_id": entity_id(world.site, kind, id_)})
    assert found is not None
    return found


async def told(store: Store, world: World, project_key: str) -> list[Finding]:
    return [one async for one in State(store).findings.of_project(world.import_id, project_key)]
