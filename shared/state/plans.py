"""What the loader must know about an import beyond its records; large, so kept apart from the import."""

from collections.abc import Mapping
from typing import Any, Self

from pydantic import BaseModel, ConfigDict

from shared.mongo import Database


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


class ImportPlan(BaseModel):
    """The custom fields of the site, as they were when the import started."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    fields: tuple[JiraField, ...] = ()


class Plans:
    """Collection `import_plans`: one document for each import, under the import's id."""

    def __init__(self, database: Database) -> None:
        self._collection = database["import_plans"]

    async def put(self, import_id: str, plan: ImportPlan) -> None:
        """Store a plan, in place of an earlier one."""
        await self._collection.replace_one({"_id": import_id}, plan.model_dump(), upsert=True)

    async def get(self, import_id: str) -> ImportPlan:
        """Return the plan of an import; an empty one for an import that has none."""
        return ImportPlan.model_validate(await self._collection.find_one({"_id": import_id}) or {})
