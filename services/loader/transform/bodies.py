"""What a body refers to: mentions become users of Windshift, files the attachments that were imported."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from services.loader.convert import BodyContext
from services.loader.transform.fields import Payload
from services.loader.transform.original import Original
from shared.ids import entity_id
from shared.kinds import EntityKind
from shared.sink import file_address


def body_context(original: Original, files: Sequence[Payload] | None) -> BodyContext:
    """Return what a converter may ask. `files` are attachments of the issue: id, filename, created.

    None means that the issue has no files, or that the text shows none. Wiki markup names a file and never
    its id: of several files with one name the newest is meant. A document of Cloud has an id of the media
    service too, which tells them apart, and may be all that it has.
    """
    if files is None:
        return BodyContext(user=original.mention)
    newest: dict[str, tuple[str, Any]] = {}
    times: Counter[str] = Counter()
    for file in files:
        name, moment = file.get("filename"), str(file.get("created") or "")
        if isinstance(name, str):
            times[name] += 1
            if moment >= newest.get(name, ("",))[0]:
                newest[name] = moment, file.get("id")

    def attachment(name: str) -> str | None:
        if name not in newest:
            return None
        document = entity_id(original.site, EntityKind.ATTACHMENT, str(newest[name][1]))
        return file_address(document, name)

    def media(media_id: str, name: str) -> str | None:
        exact = original.file(media_id) if media_id and times[name] != 1 else None
        return exact or attachment(name)

    return BodyContext(user=original.mention, attachment=attachment, media=media)
