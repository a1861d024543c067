"""Where each kind of entity lives in Windshift's document store."""

from typing import Final

from shared.kinds import EntityKind

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
}
