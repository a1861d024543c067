"""What arrives on the topic stands in the store, and the marker closes the account."""

from collections.abc import Mapping

from shared.contracts.events import KindAccount
from shared.ids import entity_id
from shared.kinds import EntityKind, TaskKind
from shared.mongo import Store
from shared.state import State
from shared.state.ledger import Task
from tests.integration.loader.conftest import Running, World
from tests.unit.loader.entities import CLOUD_ISSUE, entity


async def fetched(store: Store, world: World, ids: Mapping[EntityKind, list[str]]) -> None:
    """Enter into the ledger what the fetcher says it published."""
    task = Task(world.import_id, "ABC", TaskKind.ISSUES, "0")
    ledger = State(store).ledger
    await ledger.register([task])
    await ledger.finish(task, ids)


async def test_a_project_is_loaded_and_its_marker_answered(
    running: Running, world: World, store: Store
) -> None:
    ids = [str(10001 + number) for number in range(700)]
    issues = [
        entity(
            EntityKind.ISSUE,
            id_,
            {**CLOUD_ISSUE, "id": id_},
            updated=1000,
            import_id=world.import_id,
            site=world.site,
        )
        for id_ in ids
    ]
    label = entity(EntityKind.LABEL, "red", {"name": "red"}, import_id=world.import_id, site=world.site)
    await fetched(store, world, {EntityKind.ISSUE: [*ids, "lost"], EntityKind.LABEL: ["red"]})
    async with running():
        await world.send(*issues, label, world.marker())
        account = await world.account()
    assert account.kinds == {
        EntityKind.ISSUE: KindAccount(jira=701, windshift=700, missing=1, dead_lettered=0),
        EntityKind.LABEL: KindAccount(jira=1, windshift=1, missing=0, dead_lettered=0),
    }
    item = await store.windshift["items"].find_one({"_id": entity_id(world.site, EntityKind.ISSUE, "10001")})
    assert item is not None
    assert item["title"] == "The summary"
    assert item["label_ids"][0] == entity_id(world.site, EntityKind.LABEL, "red")
