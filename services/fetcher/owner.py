"""The issue that a comment, a worklog, a file or a change belongs to, as far as that part has to say it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

import orjson

from shared.jira.entries import Json, objects
from shared.jira.restrictions import Restriction, of_issue

_MEDIA: Final = b'"type":"media'  # how each node of a document that shows a file begins
_FILE_MEMBERS: Final = ("id", "filename", "created")


@dataclass(frozen=True, slots=True)
class Owner:
    """One issue: who may read it concerns its parts too, and texts name its files without their ids."""

    id: str
    restrictions: Sequence[Restriction] = ()
    files: Sequence[Json] = ()  # id, filename, created

    @classmethod
    def of(cls, issue: Json) -> Self:
        """Take what matters from Jira's issue."""
        fields = issue.get("fields") or {}
        files = [
            {name: file.get(name) for name in _FILE_MEMBERS}
            for file in objects(fields.get("attachment"))
            if file.get("id")
        ]
        return cls(str(issue["id"]), of_issue(fields), files)

    @classmethod
    def of_text(cls, text: str) -> Self:
        """Read what `to_text` wrote."""
        return cls(**orjson.loads(text))

    def to_text(self) -> str:
        """Return what a follow-up task has to know; as text, since a file may have any name."""
        return orjson.dumps(self).decode()

    def part(self, thing: Json) -> dict[str, Any]:
        """Return a part of the issue, with the issue's id and restrictions."""
        said = {**thing, "issueId": self.id}
        if self.restrictions:
            said["issueRestrictions"] = self.restrictions
        return said

    def entry(self, thing: Json, body: Any) -> dict[str, Any]:
        """Return a part that has a text, with those of the issue's files that the text may name.

        A list without files says that the text shows some by other names.
        """
        said = self.part(thing)
        if self.files and body:
            text = orjson.dumps(body)
            named = [file for file in self.files if _in_json(file["filename"]) in text]
            if named or _MEDIA in text:
                said["issueAttachments"] = named
        return said


def _in_json(name: Any) -> bytes:
    """Return a file's name as it stands within JSON, be the text wiki markup or a document."""
    return orjson.dumps(name)[1:-1]
