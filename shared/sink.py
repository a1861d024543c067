"""Where each kind of entity lives in Windshift's document store."""

from typing import Final
from urllib.parse import quote

from shared.kinds import EntityKind

# Jira's things for which something that was in Windshift before stands, or that do not come along: kept so
# that the account balances, and that another mapping can be applied without asking Jira.
MAPPED: Final = "mapped_originals"

COLLECTION_OF: Final = {
    EntityKind.PROJECT: "workspaces",
    EntityKind.ISSUE: "items",
    EntityKind.COMMENT: "comments",
    EntityKind.WORKLOG: "worklogs",
    EntityKind.ATTACHMENT: "attachments",
    EntityKind.LINK: "item_links",
    EntityKind.LINK_TYPE: "link_types",
    EntityKind.USER: "users",
    EntityKind.ISSUE_TYPE: "item_types",
    EntityKind.STATUS: "statuses",
    EntityKind.PRIORITY: "priorities",
    EntityKind.VERSION: "milestones",
    EntityKind.COMPONENT: "labels",
    EntityKind.LABEL: "labels",
    EntityKind.RESOLUTION: "resolutions",
    EntityKind.SECURITY_LEVEL: "security_levels",
    EntityKind.SPRINT: "iterations",
    EntityKind.BOARD: "boards",
    EntityKind.HISTORY: "item_history",
    EntityKind.REMOTE_LINK: "remote_links",
    EntityKind.WATCHERS: "item_watchers",
    EntityKind.VOTES: "item_votes",
}

# What an admin may map to something that was there before.
MAPPABLE: Final = frozenset(
    {EntityKind.PROJECT, EntityKind.ISSUE_TYPE, EntityKind.STATUS, EntityKind.VERSION}
)
# What looks different under another mapping: those themselves, and whatever refers to them.
REMAPPED: Final = MAPPABLE | {EntityKind.ISSUE, EntityKind.COMPONENT, EntityKind.BOARD}

CUSTOM_FIELDS: Final = "custom_fields"  # definitions: `{site}:field:{Jira's id}`, and what was there before
ALIASES: Final = "item_aliases"  # what an item was called before it moved: `{site}:key:{old key}` → `item_id`

# By which a document is looked for, beside its `_id`.
INDEXES: Final = {
    "items": ("site", "jira_key"),
    "users": ("site", "username"),
    "attachments": ("site", "media_id"),
}


def address(kind: EntityKind, document_id: str) -> str:
    """Return how a text links to a document: `/users/{_id}`, relative to Windshift's own address."""
    return f"/{COLLECTION_OF[kind]}/{document_id}"


def file_address(document_id: str, filename: str) -> str:
    """Return how a text links to an attachment: its name follows, so that people see what it is."""
    return f"{address(EntityKind.ATTACHMENT, document_id)}/{quote(filename)}"
