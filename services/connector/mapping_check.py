"""Whether the targets that the wizard's mappings name exist in Windshift's store."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

from services.connector.schemas.start import Mappings, Target
from shared.kinds import EntityKind
from shared.mongo import Store
from shared.sink import COLLECTION_OF

_CUSTOM_FIELDS: Final = "custom_fields"  # no entity kind of its own: definitions are written beside the items

# What is mapped, in words; the collection of its target; the target.
_Wanted = tuple[str, str, Target]


async def impossible_mapping(store: Store, mappings: Mappings, project_keys: Iterable[str]) -> str | None:
    """Return why the mappings cannot be followed, with what to do; None when they can."""
    chosen = set(project_keys)
    targets = list(_targets(mappings, chosen))
    for words, _, target in targets:
        if target is None:
            return f"{words} is neither created nor mapped to anything in Windshift: choose a target for it."
    if reason := _same_workspace_twice(mappings, chosen):
        return reason
    for words, collection, target in targets:
        if await store.windshift[collection].find_one({"_id": target}, {"_id": 1}) is None:
            return (
                f"{words} is mapped to {target!r}, which does not exist in Windshift's {collection}: choose"
                " another target, or let the import create one."
            )
    return None


def _targets(mappings: Mappings, chosen: set[str]) -> Iterator[_Wanted]:
    for workspace in mappings.workspaces:
        if workspace.jira_key in chosen and not workspace.create_new:
            collection = COLLECTION_OF[EntityKind.PROJECT]
            yield f"Project {workspace.jira_key}", collection, workspace.windshift_id
    for type_ in mappings.issue_types:
        if not type_.create_new:
            collection = COLLECTION_OF[EntityKind.ISSUE_TYPE]
            yield f"Issue type {type_.jira_name!r}", collection, type_.windshift_id
    for status in mappings.statuses:
        if not status.create_new:
            yield f"Status {status.jira_name!r}", COLLECTION_OF[EntityKind.STATUS], status.windshift_id
    for field in mappings.custom_fields:
        if field.action == "map":
            yield f"Field {field.jira_name!r}", _CUSTOM_FIELDS, field.windshift_id


def _same_workspace_twice(mappings: Mappings, chosen: set[str]) -> str | None:
    keys = Counter(
        workspace.new_workspace_key
        for workspace in mappings.workspaces
        if workspace.jira_key in chosen and workspace.create_new and workspace.new_workspace_key
    )
    for key, times in keys.items():
        if times > 1:
            return f"{times} projects would become the one workspace {key}: give each a key of its own."
    return None
