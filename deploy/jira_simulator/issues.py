"""An issue as an answer: the fields that were asked for, and the embedded lists cut as Jira cuts them."""

from collections.abc import Iterable, Sequence
from typing import Any

from deploy.jira_simulator.data.catalogs import NAVIGABLE_NOT
from deploy.jira_simulator.data.model import Doc, Shape
from deploy.jira_simulator.world import World

_EMBEDDED_COMMENTS = 20
_EMBEDDED_WORKLOGS = 20
_EMBEDDED_HISTORIES = 40
_CLOUD_EXPAND = "operations,versionedRepresentations,editmeta,changelog,renderedFields"
_ALL = frozenset({"*all"})


class Wanted:
    """Which fields a request asks for."""

    def __init__(self, names: Iterable[str], default: str) -> None:
        chosen = list(names) or [default]
        self._without = frozenset(name[1:] for name in chosen if name.startswith("-"))
        positive = frozenset(name for name in chosen if not name.startswith("-"))
        self._named = positive or _ALL
        self._all = "*all" in self._named
        self._navigable = "*navigable" in self._named
        self.bare = self._named <= {"id", "key"} and not self._without
        self.only_id = self._named == {"id"}

    def has(self, name: str) -> bool:
        if name in self._without:
            return False
        return self._all or name in self._named or (self._navigable and name not in NAVIGABLE_NOT)


class Presenter:
    """Shows issues to one caller in one way."""

    def __init__(
        self, world: World, shape: Shape, wanted: Wanted, expand: Iterable[str], comments: int | None
    ) -> None:
        self._world = world
        self._shape = shape
        self._wanted = wanted
        self._expand = frozenset(expand)
        self._comments = comments

    def show(self, issue: int) -> dict[str, Any]:
        if self._wanted.bare:
            return self._bare(issue)
        doc = self._world.site.doc(issue, self._shape)
        fields = {name: value for name, value in doc.fields.items() if self._wanted.has(name)}
        if self._wanted.has("comment"):
            fields["comment"] = self._comment_page(doc)
        if self._wanted.has("worklog"):
            fields["worklog"] = _page(
                "worklogs", doc.worklogs[:_EMBEDDED_WORKLOGS], len(doc.worklogs), _EMBEDDED_WORKLOGS
            )
        shown = {**self._head(doc.id, doc.key), "fields": fields}
        if "changelog" in self._expand:
            shown["changelog"] = self._changelog(doc)
        return shown

    def names(self) -> dict[str, Any]:
        """The `names` and `schema` of an answer, when they were asked for."""
        fields = self._world.site.data.catalog.fields
        shown: dict[str, Any] = {}
        if "names" in self._expand:
            shown["names"] = {field["id"]: field["name"] for field in fields}
        if "schema" in self._expand:
            shown["schema"] = {field["id"]: field["schema"] for field in fields}
        return shown

    def _bare(self, issue: int) -> dict[str, Any]:
        if self._wanted.only_id and self._shape.cloud:
            return {"id": str(issue)}
        return self._head(issue, self._world.site.key(issue))

    def _head(self, issue: int, key: str) -> dict[str, Any]:
        number = str(issue)
        return {
            "expand": _CLOUD_EXPAND,
            "id": number,
            "self": f"{self._shape.api}/issue/{number}",
            "key": key,
        }

    def _comment_page(self, doc: Doc) -> dict[str, Any]:
        total = len(doc.comments)
        kept = total if self._comments is None else self._comments
        # What is left out is the oldest: going on at startAt = 20 would fetch the wrong ones.
        shown = without_properties(doc.comments[max(0, total - kept) :])
        page = _page("comments", shown, total, len(shown))
        if self._shape.cloud:
            page["self"] = f"{self._shape.api}/issue/{doc.id}/comment"
        return page

    def _changelog(self, doc: Doc) -> dict[str, Any]:
        total = len(doc.histories)
        if not self._shape.cloud:
            return _page("histories", doc.histories[:], total, total)
        newest = doc.histories[max(0, total - _EMBEDDED_HISTORIES) :][::-1]
        return _page("histories", newest, total, len(newest))


def embedded_comments(world: World, *, single: bool) -> int | None:
    """How many comments an issue carries inside: all of them on Data Center."""
    if world.config.embedded_comments is not None:
        return world.config.embedded_comments
    if not world.config.cloud:
        return None
    return 100 if single else _EMBEDDED_COMMENTS


def without_properties(entries: Sequence[Any]) -> list[Any]:
    """Comments as they are shown unless their properties are asked for."""
    return [{name: value for name, value in entry.items() if name != "properties"} for entry in entries]


def _page(name: str, entries: Sequence[Any], total: int, most: int) -> dict[str, Any]:
    return {name: entries, "maxResults": most, "total": total, "startAt": 0}
