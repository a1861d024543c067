"""Edits, additions, moves and deletions over a data set that never changes: the site as it is now."""

from bisect import bisect_left, insort
from dataclasses import dataclass, field
from typing import Any

import orjson

from deploy.jira_simulator.data import moments
from deploy.jira_simulator.data.changes import moved
from deploy.jira_simulator.data.model import DataSet, Doc, Facets, Project, Row, Shape

Place = tuple[int, int]


@dataclass(slots=True)
class Change:
    """What differs from the issue at `source`; an added issue is a changed copy of another one."""

    source: Place
    project: int
    number: int
    row: Row
    added: bool = False
    gone: bool = False
    updated: int | None = None
    fields: dict[str, Any] = field(default_factory=dict)
    comments: list[dict[str, Any]] = field(default_factory=list)
    dropped_comments: set[str] = field(default_factory=set)
    histories: list[dict[str, Any]] = field(default_factory=list)


class Site:
    """Rows of each project in created order, overlay included, with random access."""

    def __init__(self, data: DataSet) -> None:
        self.data = data
        self.changes: dict[int, Change] = {}
        self.version = 0  # grows with every change: what was computed before it is stale
        self._gone: dict[int, list[int]] = {}  # project -> sorted positions that are hidden
        self._extra: dict[int, list[Row]] = {}  # project -> sorted rows that were added or moved in
        self._next_number: dict[int, int] = {}
        self._next_id = 1 + max((data.row(p, data.size(p) - 1).id for p in self._filled()), default=10_000)
        self._aliases: dict[str, int] = {}  # keys of moved and added issues

    @property
    def projects(self) -> list[Project]:
        return self.data.projects

    def size(self, project: int) -> int:
        return self.data.size(project) - len(self._gone.get(project, ())) + len(self._extra.get(project, ()))

    def row(self, project: int, offset: int) -> Row:
        """The row at an offset among what is visible now."""
        extra = self._extra.get(project)
        if not extra:
            return self.data.row(project, self._position(project, offset))
        low, high = 0, len(extra)
        while low < high:  # how many extra rows stand before this offset
            middle = (low + high) // 2
            if self._base_before(project, extra[middle]) + middle < offset:
                low = middle + 1
            else:
                high = middle
        if low < len(extra) and self._base_before(project, extra[low]) + low == offset:
            return extra[low]
        return self.data.row(project, self._position(project, offset - low))

    def offset(self, project: int, row: tuple[int, ...]) -> int:
        """How many visible rows come before this place."""
        extra = self._extra.get(project, [])
        return self._base_before(project, row) + bisect_left(extra, row)

    def find(self, text: str) -> int | None:
        """The id of a visible issue, by id or by any key it ever had."""
        if text.isdigit():
            return int(text) if self.place(int(text)) is not None else None
        alias = self._aliases.get(text.upper())
        if alias is not None:
            return alias if self.place(alias) is not None else None
        place = self.data.locate_key(text)
        identity = None if place is None else self.data.row(*place).id
        return identity if identity is not None and self.place(identity) is not None else None

    def place(self, issue: int) -> int | None:
        """The project of a visible issue."""
        change = self.changes.get(issue)
        if change is not None:
            return None if change.gone else change.project
        found = self.data.locate(issue)
        return None if found is None else found[0]

    def key(self, issue: int) -> str:
        change = self.changes.get(issue)
        if change is not None:
            return f"{self.projects[change.project].key}-{change.number}"
        return self.data.key(*self._source(issue))

    def created(self, issue: int) -> int:
        change = self.changes.get(issue)
        return change.row.created if change else self.data.row(*self._source(issue)).created

    def facets(self, issue: int) -> Facets:
        facets = self.data.facets(*self._source(issue))
        change = self.changes.get(issue)
        if change is None:
            return facets
        fields = change.fields
        facets = facets._replace(
            updated=change.updated or facets.updated,
            labels=tuple(fields.get("labels", facets.labels)),
        )
        if "status" in fields:
            status = fields["status"]
            category = status.get("statusCategory", {}).get("name", facets.category)
            facets = facets._replace(status=status["name"], category=category)
        return facets

    def doc(self, issue: int, shape: Shape) -> Doc:
        doc = self.data.doc(*self._source(issue), shape)
        change = self.changes.get(issue)
        if change is not None:
            self._apply(doc, change)
        if self._gone:
            self._forget_hidden(doc)
        return doc

    # Changing

    def change(self, issue: int, *, silently: bool = False) -> Change:
        """The change record of a visible issue, made when there is none; the caller says what differs.

        Silently: its `updated` stays, as it does for some changes in some versions of Jira.
        """
        self.version += 1
        change = self.changes.get(issue)
        if change is None:
            source = self._source(issue)
            number = int(self.data.key(*source).rpartition("-")[2])
            change = Change(source, source[0], number, self.data.row(*source))
            self.changes[issue] = change
        if not silently:
            change.updated = moments.now()
        return change

    def add(self, project: int, fields: dict[str, Any], created: int | None = None) -> int:
        """A new issue: the looks of the project's first one, with these fields instead."""
        self.version += 1
        moment = moments.now() if created is None else created
        row = Row(moment, self._take_id())
        change = Change(
            (project, 0), project, self._number(project), row, added=True, updated=moment, fields=fields
        )
        self.changes[row.id] = change
        self._aliases[self.key(row.id)] = row.id
        insort(self._extra.setdefault(project, []), row)
        return row.id

    def delete(self, issue: int) -> None:
        change = self.change(issue, silently=True)
        self._hide(change)
        change.gone = True

    def show(self, key: str) -> int:
        """Let an issue be seen again, under the key that it had, or raise ValueError."""
        for issue, change in self.changes.items():
            if change.gone and f"{self.projects[change.project].key}-{change.number}" == key:
                self.version += 1
                change.gone = False
                insort(self._extra.setdefault(change.project, []), change.row)
                return issue
        raise ValueError(f"no hidden issue {key!r}")

    def move(self, issue: int, project: int) -> None:
        change = self.change(issue)
        self._hide(change)
        self._aliases[self.key(issue)] = issue
        old = self.key(issue)
        change.project, change.number = project, self._number(project)
        change.histories.append(self._moved(issue, old))
        self._aliases[self.key(issue)] = issue
        insort(self._extra.setdefault(project, []), change.row)

    def _moved(self, issue: int, old_key: str) -> dict[str, Any]:
        items = moved(self.projects[self.changes[issue].project], old_key, self.key(issue))
        return {"id": self.take_entry_id(), "created": moments.to_jira(moments.now()), "items": items}

    def take_entry_id(self) -> str:
        return str(9_000_000_000 + self._take_id())

    def _hide(self, change: Change) -> None:
        extra = self._extra.get(change.project, [])
        if change.row in extra:
            extra.remove(change.row)
        else:
            insort(self._gone.setdefault(change.project, []), change.source[1])

    def _number(self, project: int) -> int:
        size = self.data.size(project)
        highest = int(self.data.key(project, size - 1).rpartition("-")[2]) if size else 0
        self._next_number[project] = self._next_number.get(project, highest) + 1
        return self._next_number[project]

    def _take_id(self) -> int:
        self._next_id += 1
        return self._next_id

    # Reading

    def _apply(self, doc: Doc, change: Change) -> None:
        doc.id, doc.key = change.row.id, f"{self.projects[change.project].key}-{change.number}"
        if change.added:
            doc.comments, doc.worklogs, doc.histories = (), (), ()
            doc.watchers, doc.voters, doc.remote_links = (), (), ()
            doc.fields |= {"issuelinks": [], "subtasks": [], "attachment": [], "timespent": None}
            doc.fields["created"] = moments.to_jira(change.row.created)
        if change.project != change.source[0]:
            doc.fields["project"] = self._project_json(change.project)
        if change.updated is not None:
            doc.fields["updated"] = moments.to_jira(change.updated)
        doc.fields |= change.fields
        if change.histories:
            doc.histories = [*doc.histories, *change.histories]
        if change.comments or change.dropped_comments:
            plain = orjson.loads(orjson.dumps(list(doc.comments)))
            doc.comments = [c for c in plain if c["id"] not in change.dropped_comments] + change.comments

    def _project_json(self, project: int) -> dict[str, Any]:
        owner = self.projects[project]
        return {"id": owner.id, "key": owner.key, "name": owner.name}

    def _forget_hidden(self, doc: Doc) -> None:
        """Nothing may name an issue that was deleted."""
        ends = ("inwardIssue", "outwardIssue")
        links = doc.fields.get("issuelinks") or []
        doc.fields["issuelinks"] = [
            link for link in links if all(not self._deleted(link[end]) for end in ends if end in link)
        ]
        doc.fields["subtasks"] = [
            child for child in doc.fields.get("subtasks") or [] if not self._deleted(child)
        ]
        parent = doc.fields.get("parent")
        if parent and self._deleted(parent):
            del doc.fields["parent"]
        if doc.parent is not None and self.place(doc.parent) is None:
            doc.parent = None

    def _deleted(self, brief: dict[str, Any]) -> bool:
        change = self.changes.get(int(brief["id"]))
        return change is not None and change.gone

    def _source(self, issue: int) -> Place:
        change = self.changes.get(issue)
        place = change.source if change else self.data.locate(issue)
        if place is None:
            raise KeyError(issue)
        return place

    def _filled(self) -> list[int]:
        return [p for p in range(len(self.projects)) if self.data.size(p)]

    def _position(self, project: int, offset: int) -> int:
        """The base position of the offset-th row that is not hidden."""
        gone = self._gone.get(project)
        if not gone:
            return offset
        # gone[k] - k rows are visible before the k-th hidden one.
        return offset + bisect_left(range(len(gone)), offset + 1, key=lambda k: gone[k] - k)

    def _base_before(self, project: int, row: tuple[int, ...]) -> int:
        rows = range(self.data.size(project))
        position = bisect_left(rows, row, key=lambda at: self.data.row(project, at))
        return position - bisect_left(self._gone.get(project, []), position)
