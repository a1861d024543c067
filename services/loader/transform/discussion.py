"""What people add to an issue: comments, worklogs and attachments."""

from services.loader.convert import BodyContext
from services.loader.transform.bodies import body_context
from services.loader.transform.fields import (
    Payload,
    markdown,
    members,
    moment,
    reference_to,
    text,
    who,
    whole,
)
from services.loader.transform.original import Original
from services.loader.transform.privacy import entry_privacy, file_privacy
from shared.contracts.events import EntityFetched
from shared.kinds import EntityKind
from shared.mongo import Document


def comment(original: Original) -> Document:
    """Turn a comment into a comment; one that not everybody may read in Jira is private here."""
    payload = original.payload
    return {
        "item_id": reference_to(original.site, EntityKind.ISSUE, payload, "issueId"),
        "body": markdown(payload, "body", _context(original)),
        **_authorship(original.entity, payload),
        **entry_privacy(original),
    }


def worklog(original: Original) -> Document:
    """Turn a worklog into a worklog; times in seconds."""
    payload = original.payload
    return {
        "item_id": reference_to(original.site, EntityKind.ISSUE, payload, "issueId"),
        "description": markdown(payload, "comment", _context(original)),
        "seconds": whole(payload, "timeSpentSeconds"),
        "started_at": moment(payload, "started"),
        **_authorship(original.entity, payload),
        **entry_privacy(original),
    }


def attachment(original: Original) -> Document:
    """Turn an attachment into an attachment; `blob` is None when its bytes were not fetched."""
    payload = original.payload
    content = original.entity.content
    return {
        "item_id": reference_to(original.site, EntityKind.ISSUE, payload, "issueId"),
        "filename": text(payload, "filename") or original.entity.id,
        "media_id": content and content.media_id,
        "size": whole(payload, "size"),
        "mime_type": text(payload, "mimeType"),
        **who(original.site, payload, "author"),
        "created_at": moment(payload, "created"),
        "blob": content and {"id": content.blob_id, "size": content.size, "sha256": content.sha256},
        **file_privacy(original),
    }


def _context(original: Original) -> BodyContext:
    """Of the issue's files, those that the text may name come with it."""
    shown = "issueAttachments" in original.payload
    return body_context(original, members(original.payload, "issueAttachments") if shown else None)


def _authorship(entity: EntityFetched, payload: Payload) -> Document:
    return {
        **who(entity.site, payload, "author"),
        **who(entity.site, payload, "updateAuthor", "update_author"),
        "created_at": moment(payload, "created"),
        "updated_at": moment(payload, "updated"),
    }
