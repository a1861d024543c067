"""Starting an import. Snake case outside, camel case inside `mappings`, as the wizard has it."""

from typing import Any, Final, Self

from pydantic import ConfigDict, Field, ModelWrapValidatorHandler, field_validator, model_validator
from pydantic.alias_generators import to_camel
from pydantic.dataclasses import dataclass

from services.connector.schemas.parts import Answer, Request, without_nulls
from shared.kinds import ConflictPolicy
from shared.state.plans import Target

_CAMEL: Final = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class _Mapping(Request):
    model_config = _CAMEL


# A dataclass, since a site has thousands: a model takes a kilobyte, this a tenth of that.
@dataclass(frozen=True, slots=True, kw_only=True, config=_CAMEL)
class WorkspaceMapping:
    """Where a project goes."""

    jira_key: str
    jira_name: str = ""
    issue_count: int | None = None
    windshift_id: Target = None
    create_new: bool = True
    new_workspace_name: str = ""
    new_workspace_key: str = ""

    @model_validator(mode="before")
    @classmethod
    def _drop_nulls(cls, given: Any) -> Any:
        return without_nulls(given)


class TypeMapping(_Mapping):
    """Where issue types of one name go."""

    jira_ids: tuple[str, ...] = ()
    jira_name: str = ""
    is_subtask: bool = False
    hierarchy_level: int = 0
    windshift_id: Target = None
    create_new: bool = True


class StatusMapping(_Mapping):
    """Where statuses of one name go."""

    jira_ids: tuple[str, ...] = ()
    jira_name: str = ""
    category_key: str = ""
    category_name: str = ""
    color: str = ""
    windshift_id: Target = None
    create_new: bool = True


class VersionMapping(_Mapping):
    """Whether a version comes along. The wizard offers no target for it; another caller may name one."""

    jira_id: str = ""
    jira_name: str = ""
    project_key: str = ""
    released: bool = False
    release_date: str | None = None
    windshift_id: Target = None
    create_new: bool = True


class FieldMapping(_Mapping):
    """What becomes of a custom field."""

    jira_id: str = ""
    jira_name: str = ""
    jira_type: str = ""
    windshift_type: str = ""
    can_map: bool = True
    notes: str | None = None
    action: str = "create"
    windshift_id: Target = None


class Mappings(_Mapping):
    """All that the wizard's mapping step decides."""

    workspaces: tuple[WorkspaceMapping, ...] = ()
    issue_types: tuple[TypeMapping, ...] = ()
    statuses: tuple[StatusMapping, ...] = ()
    versions: tuple[VersionMapping, ...] = ()
    custom_fields: tuple[FieldMapping, ...] = ()

    @field_validator("versions", mode="before")
    @classmethod
    def _drop_what_comes_along(cls, given: Any) -> Any:
        """Keep what says something: of thousands of projects, the wizard names all versions."""
        if not isinstance(given, list):
            return given
        return [one for one in given if not isinstance(one, dict) or one.get("createNew") is not True]


class StartRequest(Request):
    """Which projects to import, and how."""

    connection_id: str = ""
    project_keys: tuple[str, ...] = ()
    open_issues_only: bool = False
    jql: str = Field(default="", description="Only these issues of the projects; without ORDER BY.")
    full: bool = Field(
        default=False, description="Read everything again, not only what changed since the last import."
    )
    dry_run: bool = Field(
        default=False, description="Write nothing to Windshift: the report tells what would be."
    )
    conflict_policy: str = Field(
        default=ConflictPolicy.KEEP_WINDSHIFT.value,
        json_schema_extra={"enum": list(ConflictPolicy)},
        description="Which side wins where a document was edited in Windshift and changed in Jira since.",
    )
    mappings: Mappings = Mappings()

    @model_validator(mode="wrap")
    @classmethod
    def _take(cls, given: Any, read: ModelWrapValidatorHandler[Self]) -> Self:
        """Empty what is read: of thousands of projects it is megabytes, and FastAPI keeps it meanwhile."""
        taken = read(given)
        if isinstance(given, dict):
            given.clear()
        return taken


class RemapRequest(Request):
    """Another mapping of an import, in the same shapes: as `mappings`, or by itself."""

    mappings: Mappings = Mappings()

    @model_validator(mode="before")
    @classmethod
    def _wrap(cls, given: Any) -> Any:
        return {"mappings": given} if isinstance(given, dict) and "mappings" not in given else given


class StartAnswer(Answer):
    """The job to ask about from now on."""

    job_id: str
    message: str
