"""Jira's things to Windshift's documents: pure functions, one per kind, and the envelope around them."""

from collections.abc import Callable
from typing import Final

import orjson

from services.loader.transform.activity import history, votes, watchers
from services.loader.transform.catalog import (
    component,
    label,
    link_type,
    milestone,
    named,
    priority,
    status,
)
from services.loader.transform.discussion import attachment, comment, worklog
from services.loader.transform.errors import InvalidPayloadError
from services.loader.transform.items import item, item_type
from services.loader.transform.links import item_link, remote_link
from services.loader.transform.original import Note, Original
from services.loader.transform.places import user, workspace
from services.loader.transform.planning import board, iteration
from services.loader.transform.targets import redirect
from shared.content import CREATED_BY, content_hash
from shared.jira.answers import REPLACEMENT
from shared.kinds import EntityKind
from shared.mongo import Document
from shared.state.findings import FindingCode

__all__ = ["InvalidPayloadError", "Note", "Original", "to_document"]

_TRANSFORMS: Final[dict[EntityKind, Callable[[Original], Document]]] = {
    EntityKind.PROJECT: workspace,
    EntityKind.ISSUE: item,
    EntityKind.COMMENT: comment,
    EntityKind.WORKLOG: worklog,
    EntityKind.ATTACHMENT: attachment,
    EntityKind.LINK: item_link,
    EntityKind.LINK_TYPE: link_type,
    EntityKind.USER: user,
    EntityKind.ISSUE_TYPE: item_type,
    EntityKind.STATUS: status,
    EntityKind.PRIORITY: priority,
    EntityKind.VERSION: milestone,
    EntityKind.COMPONENT: component,
    EntityKind.LABEL: label,
    EntityKind.RESOLUTION: named,
    EntityKind.SECURITY_LEVEL: named,
    EntityKind.SPRINT: iteration,
    EntityKind.BOARD: board,
    EntityKind.HISTORY: history,
    EntityKind.REMOTE_LINK: remote_link,
    EntityKind.WATCHERS: watchers,
    EntityKind.VOTES: votes,
}


def to_document(original: Original) -> Document:
    """Return the document of a thing; InvalidPayloadError names a member that has the wrong type.

    `hash` covers everything but itself and the imports, so that the same content is equal in every run.
    """
    entity = original.entity
    document: Document = {
        "_id": original.id,
        "site": entity.site,
        "kind": entity.kind.value,
        "jira_id": entity.id,
        "updated": entity.updated,
        **_TRANSFORMS[entity.kind](original),
        # Text, since Jira's member names may hold `.` and `$`; sorted, since their order means nothing.
        "source": orjson.dumps(original.payload, option=orjson.OPT_SORT_KEYS).decode(),
    }
    if REPLACEMENT in document["source"]:
        original.note(FindingCode.TEXT_DAMAGED, "some of its characters are no text, in Jira already")
    if original.context.targets:
        redirect(document, original.context.targets)
    document["hash"] = content_hash(document)
    document["import_id"] = document[CREATED_BY] = entity.import_id
    return document
