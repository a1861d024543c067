"""What the loader must know about an import beyond its records; large, so kept apart from the import."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from shared.field_types import FieldType
from shared.mongo import Database

# An id in Windshift: a number in its own database, `{site}:{kind}:{id}` for what an import created.
Target: TypeAlias = int | str | None


class JiraField(BaseModel):
    """One custom field, slim; from Jira's list of all fields that the account sees."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str  # customfield_10030: differs from site to site
    name: str = ""  # may repeat, and is translated
    type: str = ""  # of the value: number, option, array, …
    items: str = ""  # of an array's members
    custom: str = ""  # which field type made it: the one thing to tell fields apart by
    project_id: str = ""  # of the one project that a team-managed project's own field belongs to

    @classmethod
    def of(cls, field: Mapping[str, Any]) -> Self:
        """Take what matters from Jira's own document."""
        schema = field.get("schema") or {}
        scope = (field.get("scope") or {}).get("project") or {}
        return cls(
            id=field["id"],
            name=field.get("name") or field["id"],
            type=schema.get("type") or "",
            items=schema.get("items") or "",
            custom=schema.get("custom") or "",
            project_id=str(scope.get("id") or ""),
        )


def custom_fields(fields: list[Mapping[str, Any]]) -> tuple[JiraField, ...]:
    """Return the custom ones of Jira's list of fields."""
    return tuple(JiraField.of(field) for field in fields if field.get("custom"))


class FieldChoice(BaseModel):
    """What becomes of one custom field."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    action: Literal["create", "map", "skip"] = "create"
    type: FieldType  # of the field in Windshift
    target: Target = None  # its id, where it was there before
    options: tuple[str, ...] = ()  # that it offers, where it was there before; none: it takes any


class NewWorkspace(BaseModel):
    """How a workspace that is created is called."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: str = ""
    key: str = ""


class ImportPlan(BaseModel):
    """The site's custom fields as they were when the import started, and what the admin decided.

    What stands nowhere is created under its Jira identity.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    site: str = ""
    revision: int = 1  # grows with each change
    fields: tuple[JiraField, ...] = ()
    choices: dict[str, FieldChoice] = Field(default_factory=dict)  # by the field's id in Jira
    # `{site}:{kind}:{jira id}` → what stands for it in Windshift; None: it does not come along
    targets: dict[str, Target] = Field(default_factory=dict)
    workspaces: dict[str, NewWorkspace] = Field(default_factory=dict)  # by the project's id in Jira


class Plans:
    """Collection `import_plans`: one document for each import, under the import's id."""

    def __init__(self, database: Database) -> None:
        self._collection = database["import_plans"]

    async def put(self, import_id: str, plan: ImportPlan) -> None:
        """Store a plan, in place of an earlier one."""
        await self._collection.replace_one({"_id": import_id}, plan.model_dump(), upsert=True)

    async def delete(self, import_id: str) -> None:
        """Remove the plan of an import that does not come about."""
        await self._collection.delete_one({"_id": import_id})

    async def revisions(self, import_ids: Sequence[str]) -> dict[str, int]:
        """Return the revisions of the plans of some imports."""
        cursor = self._collection.find({"_id": {"$in": list(import_ids)}}, {"revision": 1})
        return {document["_id"]: document.get("revision", 1) async for document in cursor}

    async def targets(self, import_id: str) -> dict[str, Target]:
        """Return just the targets of an import."""
        found = await self._collection.find_one({"_id": import_id}, {"targets": 1}) or {}
        targets: dict[str, Target] = found.get("targets", {})
        return targets

    async def get(self, import_id: str) -> ImportPlan:
        """Return the plan of an import; an empty one for an import that has none."""
        return ImportPlan.model_validate(await self._collection.find_one({"_id": import_id}) or {})
