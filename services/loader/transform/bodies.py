"""What a body refers to: mentions become users of Windshift, files the attachments that were imported."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from services.loader.convert import BodyContext
from services.loader.transform.fields import Payload
from services.loader.transform.original import Original
from shared.ids import entity_id
from shared.kinds import EntityKind
from shared.sink import address


def body_context(original: Original, files: Sequence[Payload]) -> BodyContext:
    """Return what a converter may ask. `files` are attachments of the issue: id, filename, created.

    Jira's texts name a file and never its id: of several files with one name the newest is meant.
    """
    if not files:
        return BodyContext(user=original.mention)
    newest: dict[str, tuple[str, Any]] = {}
    for file in files:
        name, moment = file.get("filename"), str(file.get("created") or "")
        if isinstance(name, str) and moment >= newest.get(name, ("",))[0]:
            newest[name] = moment, file.get("id")

    def attachment(name: str) -> str | None:
        if name not in newest:
            return None
        document = entity_id(original.site, EntityKind.ATTACHMENT, str(newest[name][1]))
        return f"{address(EntityKind.ATTACHMENT, document)}/{quote(name)}"

    return BodyContext(user=original.mention, attachment=attachment)
