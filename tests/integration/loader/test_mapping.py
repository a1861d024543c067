"""What the admin decided about types, statuses, versions, workspaces and fields, in the loader."""

from collections.abc import Mapping
from typing import Any

from shared.contracts.events import EntityFetched
from shared.field_types import FieldType
from shared.ids import entity_id, field_id
from shared.kinds import EntityKind, TaskKind
from shared.mongo import Document, Store
from shared.sink import MAPPED
from shared.state import State
from shared.state.findings import FindingCode
from shared.state.ledger import Task
from shared.state.plans import FieldChoice, ImportPlan, JiraField, NewWorkspace
from tests.integration.loader.conftest import Running, World
from tests.unit.loader.entities import entity

PLATFORM = "com.atlassian.jira.plugin.system.customfieldtypes:"
SEVERITY = JiraField(id="customfield_1", name="Severity", custom=f"{PLATFORM}select", type="option")
OTHER_SEVERITY = JiraField(
    id="customfield_2", name="Severity", custom=f"{PLATFORM}textfield", project_id="10000"
)
POINTS = JiraField(id="customfield_3", name="Points", custom=f"{PLATFORM}float")
SECRET = JiraField(id="customfield_4", name="Secret", custom=f"{PLATFORM}textfield")
FIELDS = (SEVERITY, OTHER_SEVERITY, POINTS, SECRET)


def made(world: World, kind: EntityKind, id_: str, payload: dict[str, Any]) -> EntityFetched:
    updated = 1 if kind is EntityKind.ISSUE else None
    return entity(kind, id_, payload, updated=updated, import_id=world.import_id, site=world.site)


def issue(world: World, id_: str, **fields: Any) -> EntityFetched:
    known = {
        "summary": f"Issue {id_}",
        "project": {"id": "10000"},
        "issuetype": {"id": "1", "name": "Bug"},
        "status": {"id": "3", "name": "Done"},
        "fixVersions": [{"id": "7", "name": "1.0"}, {"id": "8", "name": "2.0"}],
    }
    return made(world, EntityKind.ISSUE, id_, {"id": id_, "key": f"ABC-{id_}", "fields": known | fields})


def everything(world: World, *issues: EntityFetched) -> list[EntityFetched]:
    return [
        made(world, EntityKind.PROJECT, "10000", {"id": "10000", "key": "ABC", "name": "Letters"}),
        made(world, EntityKind.ISSUE_TYPE, "1", {"id": "1", "name": "Bug"}),
        made(world, EntityKind.STATUS, "3", {"id": "3", "name": "Done"}),
        made(world, EntityKind.VERSION, "7", {"id": "7", "name": "1.0", "projectId": 10000}),
        made(world, EntityKind.VERSION, "8", {"id": "8", "name": "2.0", "projectId": 10000}),
        *issues,
    ]


async def expect(store: Store, world: World, entities: list[EntityFetched]) -> None:
    """Enter into the ledger what the fetcher says it published."""
    manifest: dict[EntityKind, list[str]] = {}
    for one in entities:
        manifest.setdefault(one.kind, []).append(one.id)
    task = Task(world.import_id, "ABC", TaskKind.ISSUES, "0")
    ledger = State(store).ledger
    await ledger.register([task])
    await ledger.finish(task, manifest)


async def item_of(store: Store, world: World, id_: str) -> Document:
    found = await store.windshift["items"].find_one({"_id": entity_id(world.site, EntityKind.ISSUE, id_)})
    assert found is not None
    return found


async def stored(store: Store, collection: str) -> dict[Any, Document]:
    return {document["_id"]: document async for document in store.windshift[collection].find()}


async def test_what_is_mapped_points_to_what_was_there_and_changes_nothing_of_it(
    running: Running, world: World, store: Store
) -> None:
    def ours(kind: EntityKind, id_: str) -> str:
        return entity_id(world.site, kind, id_)

    targets: Mapping[str, Any] = {
        ours(EntityKind.PROJECT, "10000"): "ws:1",
        ours(EntityKind.ISSUE_TYPE, "1"): 12,
        ours(EntityKind.STATUS, "3"): "ws:status",
        ours(EntityKind.VERSION, "8"): None,
    }
    there: dict[str, Document] = {
        "workspaces": {"_id": "ws:1", "name": "Mine"},
        "item_types": {"_id": 12, "name": "Defect"},
        "statuses": {"_id": "ws:status", "name": "Finished"},
    }
    for collection, document in there.items():
        await store.windshift[collection].insert_one(document)
    await State(store).plans.put(world.import_id, ImportPlan(site=world.site, targets=dict(targets)))
    entities = everything(world, issue(world, "1"))
    await expect(store, world, entities)
    async with running():
        await world.send(*entities, world.marker())
        account = await world.account()

    item = await item_of(store, world, "1")
    assert (item["workspace_id"], item["item_type_id"], item["status_id"]) == ("ws:1", 12, "ws:status")
    assert item["milestone_ids"] == [ours(EntityKind.VERSION, "7")]
    for collection, document in there.items():
        assert await stored(store, collection) == {document["_id"]: document}
    milestones = await stored(store, "milestones")
    assert {id_: one["workspace_id"] for id_, one in milestones.items()} == {
        ours(EntityKind.VERSION, "7"): "ws:1"
    }
    assert (await stored(store, MAPPED)).keys() == targets.keys()
    assert all(kind.jira == kind.windshift and kind.missing == 0 for kind in account.kinds.values())
    mapped = {kind: counts.mapped for kind, counts in account.kinds.items() if counts.mapped}
    one_each = {EntityKind.PROJECT: 1, EntityKind.ISSUE_TYPE: 1, EntityKind.STATUS: 1, EntityKind.VERSION: 1}
    assert mapped == one_each


async def test_a_new_workspace_is_called_as_the_admin_said(
    running: Running, world: World, store: Store
) -> None:
    called = NewWorkspace(name="Words", key="WRD")
    await State(store).plans.put(world.import_id, ImportPlan(site=world.site, workspaces={"10000": called}))
    async with running():
        await world.send(*everything(world))
        await world.batches(5)
    (workspace,) = (await stored(store, "workspaces")).values()
    assert (workspace["name"], workspace["key"], workspace["jira_key"]) == ("Words", "WRD", "ABC")


async def test_fields_are_defined_once_with_the_options_that_were_seen(
    running: Running, world: World, store: Store
) -> None:
    await State(store).plans.put(world.import_id, ImportPlan(site=world.site, fields=FIELDS))
    severities = [{"value": value} for value in ("Low", "High", "Low")]
    issues = [issue(world, str(n), customfield_1=value) for n, value in enumerate(severities)]
    async with running():
        await world.send(*issues, issue(world, "9", customfield_2="high", customfield_77={"name": "app's"}))
        await world.batches(4)
        first = await stored(store, "custom_fields")
        await world.send(issue(world, "10", customfield_1={"value": "Medium"}), *issues)
        await world.batches(4)
    ids = [field_id(world.site, f"customfield_{number}") for number in (1, 2, 77)]
    assert first.keys() == set(ids)
    severity, other, unlisted = (first[id_] for id_ in ids)
    assert (severity["name"], severity["field_type"], severity["jira_type"]) == (
        "Severity",
        "select",
        SEVERITY.custom,
    )
    assert sorted(severity["options"]) == ["High", "Low"]
    assert (other["name"], other["field_type"], other["workspace_id"]) == (
        "Severity",
        "text",
        entity_id(world.site, EntityKind.PROJECT, "10000"),
    )
    assert (unlisted["name"], unlisted["field_type"]) == ("customfield_77", "textarea")
    again = await stored(store, "custom_fields")
    assert sorted(again[ids[0]].pop("options")) == ["High", "Low", "Medium"]
    del severity["options"]
    assert again == first


async def test_a_field_may_be_mapped_or_left_out(running: Running, world: World, store: Store) -> None:
    target = {"_id": "ws:points", "name": "Effort", "field_type": "number"}
    await store.windshift["custom_fields"].insert_one(target)
    choices = {
        POINTS.id: FieldChoice(action="map", type=FieldType.NUMBER, target="ws:points"),
        SECRET.id: FieldChoice(action="skip", type=FieldType.TEXT),
    }
    plan = ImportPlan(site=world.site, fields=FIELDS, choices=choices)
    await State(store).plans.put(world.import_id, plan)
    async with running():
        await world.send(
            issue(world, "1", customfield_3=5.0, customfield_4="hush"),
            issue(world, "2", customfield_3="five"),
        )
        await world.batches(2)
    good, bad = [await item_of(store, world, id_) for id_ in ("1", "2")]
    assert good["custom_fields"] == {"ws:points": 5.0}
    assert "hush" in good["source"]
    assert bad["custom_fields"] == {}
    assert bad["title"] == "Issue 2"
    assert await stored(store, "custom_fields") == {"ws:points": target}
    findings = [one async for one in State(store).findings.of_project(world.import_id, "ABC")]
    assert [(one.id, one.code) for one in findings] == [("2", FindingCode.VALUE_KEPT_RAW)]
    assert "customfield_3 (Points)" in findings[0].detail
